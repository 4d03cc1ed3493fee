package pages

import (
	"net/http"

	"relay/auth"
	"relay/conf"
)

// loginData is the data of a login page.
type loginData struct {
	brand
	Title string
	Mount string // of a DJ; empty: an operator's login
	User  string // initial value of the field
}

// adminData is the data of the operator's page.
type adminData struct {
	brand
	Connect connection
}

// Admin answers /admin/ with the operator's page or, without an operator's login,
// with a login page. A program that sends the login with its request gets the page at
// once.
func (h *Handlers) Admin(w http.ResponseWriter, r *http.Request) {
	session, _ := h.session(r)
	if !session.Operator && h.Gate.Admin(r) != nil {
		h.logIn(w, loginData{Title: "Operator", User: h.Conf.Config().Auth.AdminUser})
		return
	}
	h.render(w, http.StatusOK, "admin.html", noFrame, adminData{h.brand(), connectionTo(h.Conf.Config(), h.firstMount(), true)})
}

// firstMount returns the mount that a new source is most likely for.
func (h *Handlers) firstMount() string {
	if names := h.declaredNames(); len(names) > 0 {
		return names[0]
	}
	return defaultMount
}

// djData is the data of a DJ's page.
type djData struct {
	brand
	Card    card
	Root    string // of a rendition, the mount whose programme it has; else empty
	Connect connection
}

// DJ answers /dj/MOUNT with the studio of a mount, for a login of its source.
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
	data := djData{brand: h.brand(), Card: declaredCard(c, name), Connect: connectionTo(c, c.RootOf(name), true)}
	if data.Connect.Mount != name {
		data.Root = data.Connect.Mount
	}
	if m := h.Registry.Find(name); m != nil {
		data.Card = newCard(m, true)
	}
	h.render(w, http.StatusOK, "dj.html", noFrame, data)
}

// logIn answers with a login page. Its status shows that this is not the page that
// was asked for; without WWW-Authenticate the browser does not ask for a password as
// well.
func (h *Handlers) logIn(w http.ResponseWriter, data loginData) {
	data.brand = h.brand()
	h.render(w, http.StatusUnauthorized, "login.html", noFrame, data)
}

// sessionOpens reports whether the session of a request's cookie is an operator's, or
// that of a DJ of the mount or of the mount it is a rendition of.
func (h *Handlers) sessionOpens(r *http.Request, mount string) bool {
	session, found := h.session(r)
	return found && (session.Operator || session.Mount == mount || session.Mount == h.Conf.Config().RootOf(mount))
}

// session returns the session of the request's cookie; without one it is empty.
func (h *Handlers) session(r *http.Request) (s auth.Session, ok bool) {
	cookie, err := r.Cookie(auth.SessionCookie)
	if err != nil {
		return auth.Session{}, false
	}
	return h.Sessions.Find(cookie.Value)
}
