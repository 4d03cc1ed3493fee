package api

import (
	"context"
	"net/http"
	"strings"

	"relay/auth"
	"relay/conf"
)

const (
	// csrfHeader repeats the CSRF token of the session: a page of another site
	// can have the cookie sent, but cannot know what belongs here.
	csrfHeader = "X-CSRF-Token"

	maxUser     = 255     // bytes of a user's name
	maxPassword = 1 << 10 // and of the password
)

// sessionJSON is who is logged in.
type sessionJSON struct {
	User  string `json:"user"`
	Role  string `json:"role"` // operator, dj
	Mount string `json:"mount,omitempty"`
	CSRF  string `json:"csrf"`
}

func describeSession(s auth.Session) sessionJSON {
	role := "dj"
	if s.Operator {
		role = "operator"
	}
	return sessionJSON{User: s.User, Role: role, Mount: s.Mount, CSRF: s.CSRF}
}

// logIn opens a session for the operator or, with a mount, for whoever has the
// login of its source; the operator's opens that too.
func (h *Handlers) logIn(c *call) error {
	var given struct {
		User     string `json:"user"`
		Password string `json:"password"`
		Mount    string `json:"mount,omitempty"`
	}
	if err := c.decode(&given); err != nil {
		return err
	}
	switch { // no login here is that long, and what is wrong is logged
	case len(given.User) > maxUser:
		return problem(http.StatusBadRequest, `the member "user" is longer than %d bytes`, maxUser)
	case len(given.Password) > maxPassword:
		return problem(http.StatusBadRequest, `the member "password" is longer than %d bytes`, maxPassword)
	}
	if given.Mount != "" {
		if err := conf.CheckMountName(given.Mount); err != nil {
			return problem(http.StatusBadRequest, `the member "mount" %v`, err)
		}
	}
	c.mount = given.Mount
	s := auth.Session{User: given.User, Mount: given.Mount}
	refusal := h.checkLogin(c.r, given.User, given.Password, &s)
	if refusal != nil {
		return h.unauthorized(c, refusal)
	}
	if cookie, err := c.r.Cookie(auth.SessionCookie); err == nil {
		h.Sessions.End(cookie.Value) // the browser forgets it now
	}
	token, begun := h.Sessions.Begin(s.With(given.Password, ipOf(c.r)))
	setSessionCookie(c, token, 0)
	return c.answer(http.StatusCreated, describeSession(begun))
}

// checkLogin checks a login and notes in s whether it is the operator's. The
// error is an *auth.Refusal.
func (h *Handlers) checkLogin(r *http.Request, user, password string, s *auth.Session) error {
	if strings.Contains(user, ":") { // which ends the name in what is checked below
		return &auth.Refusal{Reason: "the user name has a colon"}
	}
	asked := r.Clone(context.WithoutCancel(r.Context()))
	asked.SetBasicAuth(user, password)
	var err error = errNoLogin
	if s.Mount == "" || h.isOperator(user) {
		err = h.Gate.Admin(asked)
	}
	s.Operator = err == nil
	if err != nil && s.Mount != "" {
		err = h.Gate.MountAdmin(asked, s.Mount)
	}
	return err
}

// session tells who is logged in.
func (h *Handlers) session(c *call) error {
	return c.answer(http.StatusOK, describeSession(*c.by.session))
}

// logOut ends the session.
func (h *Handlers) logOut(c *call) error {
	if cookie, err := c.r.Cookie(auth.SessionCookie); err == nil {
		h.Sessions.End(cookie.Value)
	}
	setSessionCookie(c, "", -1)
	return c.done()
}

// sessionOf returns the session of a request's cookie. ok is false when there
// is none that is open.
func (h *Handlers) sessionOf(r *http.Request) (s auth.Session, ok bool) {
	cookie, err := r.Cookie(auth.SessionCookie)
	if err != nil {
		return auth.Session{}, false
	}
	return h.Sessions.Find(cookie.Value)
}

// setSessionCookie gives the browser the token of a session. A maxAge of -1
// takes it back; 0 leaves its end to the session.
func setSessionCookie(c *call, token string, maxAge int) {
	http.SetCookie(c.w, &http.Cookie{
		Name: auth.SessionCookie, Value: token, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: isSecure(c.r), SameSite: http.SameSiteStrictMode,
	})
}

// isSecure tells whether the browser speaks TLS. The field is left in a request
// by trusted proxies only.
func isSecure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
