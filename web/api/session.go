package api

import (
	"context"
	"net/http"
	"strings"

	"relay/auth"
	"relay/conf"
	"relay/internal/netconn"
)

const (
	// csrfHeader repeats the CSRF token of the session: a page of another site can
	// make the browser send the cookie, but does not know the token.
	csrfHeader = "X-CSRF-Token"

	maxUser     = 255     // of a user name, in bytes
	maxPassword = 1 << 10 // of a password, in bytes
)

// sessionJSON describes the login of a session.
type sessionJSON struct {
	User  string `json:"user"`
	Role  string `json:"role"` // operator or dj
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

// logIn opens a session for the operator or, with a mount, for a DJ with the login of
// the mount's source; the operator's login is valid there, too.
func (h *Handlers) logIn(c *call) error {
	var given struct {
		User     string `json:"user"`
		Password string `json:"password"`
		Mount    string `json:"mount,omitempty"`
	}
	if err := c.decode(&given); err != nil {
		return err
	}
	switch { // no login is that long, and refused logins are logged
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
		h.Sessions.End(cookie.Value) // the browser is about to forget it
	}
	token, begun := h.Sessions.Begin(s.With(given.Password, netconn.Client(c.r)))
	setSessionCookie(c, token, 0)
	return c.answer(http.StatusCreated, describeSession(begun))
}

// checkLogin checks a login and sets in s whether it is the operator's. The error is
// an *auth.Refusal.
func (h *Handlers) checkLogin(r *http.Request, user, password string, s *auth.Session) error {
	if strings.Contains(user, ":") { // a colon ends the name in the Authorization header that is checked below
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

// session answers with the login of the caller's session.
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

// sessionOf returns the session of a request's cookie; ok is false if no such session
// is open.
func (h *Handlers) sessionOf(r *http.Request) (s auth.Session, ok bool) {
	cookie, err := r.Cookie(auth.SessionCookie)
	if err != nil {
		return auth.Session{}, false
	}
	return h.Sessions.Find(cookie.Value)
}

// setSessionCookie sends the browser the token of a session. A maxAge of -1 deletes
// the cookie; with 0 it lasts until the browser is closed.
func setSessionCookie(c *call, token string, maxAge int) {
	http.SetCookie(c.w, &http.Cookie{
		Name: auth.SessionCookie, Value: token, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: isSecure(c.r), SameSite: http.SameSiteStrictMode,
	})
}

// isSecure reports whether the browser uses TLS. The server removes the header field
// unless a trusted proxy sent it.
func isSecure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
