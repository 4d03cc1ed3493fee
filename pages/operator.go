package pages

import (
	"net/http"

	"relay/auth"
	"relay/conf"
)

// loginData is what a login page shows.
type loginData struct {
	Title string
	Mount string // of a DJ; empty: for operators
	User  string // what is most likely to be entered
}

// Admin answers /admin/: the operator's page or, for everybody else, the login.
// Programs that send the login with their request get the page at once.
func (h *Handlers) Admin(w http.ResponseWriter, r *http.Request) {
	session, _ := h.session(r)
	if !session.Operator && h.Gate.Admin(r) != nil {
		h.logIn(w, loginData{Title: "Operator", User: h.Conf.Config().Auth.AdminUser})
		return
	}
	h.render(w, http.StatusOK, "admin.html", noFrame, connectionTo(h.Conf.Config(), h.firstMount(), true))
}

// firstMount is the one that a new source is most likely to be for.
func (h *Handlers) firstMount() string {
	if names := h.declaredNames(); len(names) > 0 {
		return names[0]
	}
	return defaultMount
}

// djData is what a DJ's page shows.
type djData struct {
	Card    card
	Connect connection
}

// DJ answers /dj/MOUNT: the page of whoever has the login of the mount's
// source.
func (h *Handlers) DJ(w http.ResponseWriter, r *http.Request) {
	name := mountOf(r)
	if conf.CheckMountName(name) != nil {
		http.NotFound(w, r)
		return
	}
	c := h.Conf.Config()
	if !h.sessionOpens(r, name) && h.Gate.MountAdmin(r, name) != nil {
		h.logIn(w, loginData{Title: name, Mount: name, User: connectionTo(c, name, false).User})
		return
	}
	data := djData{Card: silentCard(name, c.Mount(name).Title), Connect: connectionTo(c, name, true)}
	if m := h.Registry.Find(name); m != nil {
		data.Card = newCard(m, true)
	}
	h.render(w, http.StatusOK, "dj.html", noFrame, data)
}

// logIn answers with a login page. Its status keeps it from being taken for
// what was asked for; without WWW-Authenticate the browser does not ask too.
func (h *Handlers) logIn(w http.ResponseWriter, data loginData) {
	h.render(w, http.StatusUnauthorized, "login.html", noFrame, data)
}

// sessionOpens reports whether the session of a request's cookie is an
// operator's, or that of a DJ of a mount or of the one it is a rendition of.
func (h *Handlers) sessionOpens(r *http.Request, mount string) bool {
	session, found := h.session(r)
	return found && (session.Operator || session.Mount == mount || session.Mount == h.Conf.Config().RootOf(mount))
}

// session returns that of the request's cookie; without one it is empty.
func (h *Handlers) session(r *http.Request) (s auth.Session, ok bool) {
	cookie, err := r.Cookie(auth.SessionCookie)
	if err != nil {
		return auth.Session{}, false
	}
	return h.Sessions.Find(cookie.Value)
}
