package api

import (
	"errors"
	"maps"
	"net/http"
	"strings"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/internal/logging"
	"relay/internal/netconn"
)

// A caller is the client of a request, with the rights of its login.
type caller struct {
	user     string
	operator bool
	mount    string        // set for a source's login: the one mount whose studio it may use
	session  *auth.Session // nil: the login comes with every request
}

// isKnown reports whether the caller has a login.
func (by caller) isKnown() bool { return by.operator || by.mount != "" }

// may reports whether the caller may use an operation of the given access, on a mount
// if the path names one. A login for a mount covers its renditions.
func (by caller) may(c *conf.Config, who access, mount string) bool {
	switch who {
	case anyone:
		return true
	case loggedIn:
		return by.session != nil
	case studio:
		return by.sees(c, mount)
	}
	return by.operator
}

// sees reports whether the caller may know of a hidden mount.
func (by caller) sees(c *conf.Config, mount string) bool {
	return by.operator || opens(c, by.mount, mount)
}

// opens reports whether the login for the mount own, "" for none, covers another
// mount: own itself or a rendition of it.
func opens(c *conf.Config, own, mount string) bool {
	return own != "" && (own == mount || own == c.RootOf(mount))
}

// admit identifies the caller and checks its rights. The error is a *Problem.
func (h *Handlers) admit(op operation, c *call) error {
	refusal := h.recognise(op, c)
	if !c.by.may(h.Conf.Config(), op.who, c.mount) {
		if c.by.session != nil {
			return problem(http.StatusForbidden, "the login of %q does not allow this", c.by.user)
		}
		return h.unauthorized(c, refusal)
	}
	if c.by.session != nil && !op.reads() && op.who != anyone && !c.by.session.Confirms(c.r.Header.Get(csrfHeader)) {
		return problem(http.StatusForbidden, "the header %s must have the csrf member of GET %s/session", csrfHeader, prefix)
	}
	if c.by.session != nil && !op.reads() && op.who != anyone && op.who != loggedIn {
		if err := h.confirm(c.r); err != nil {
			return h.unauthorized(c, err)
		}
	}
	return nil
}

// confirm asks the hook again before a change, if a hook admitted the session of a
// request.
func (h *Handlers) confirm(r *http.Request) error {
	cookie, err := r.Cookie(auth.SessionCookie)
	if err != nil {
		return errNoLogin
	}
	return h.Sessions.Confirm(cookie.Value)
}

// recognise identifies the caller: by the login in the request's head or, if that is
// not valid, by the session of its cookie. A browser sends the login of a mount's
// listener to all paths, so a wrong login must not hide a session. The error says
// what is wrong with the login.
func (h *Handlers) recognise(op operation, c *call) error {
	by, refusal := h.byAuthorization(op, c)
	if refusal == nil {
		c.by = by
		return nil
	}
	if s, ok := h.sessionOf(c.r); ok {
		auth.Accepted(c.r.Context())
		c.by = caller{user: s.User, operator: s.Operator, mount: s.Mount, session: &s}
		return nil
	}
	if op.who == anyone && !isMissing(refusal) {
		h.logRefusal(c, refusal)
	}
	return refusal
}

// byAuthorization identifies the caller by the login in the request's head. It checks
// a login only against kinds that it may be of, because a failed check counts as a
// guess.
func (h *Handlers) byAuthorization(op operation, c *call) (caller, error) {
	if isBearer(c.r) {
		return caller{user: "token", operator: true}, h.Gate.Token(c.r)
	}
	user, _, given := c.r.BasicAuth()
	if !given || op.who == anyone && !h.isOperator(user) {
		return caller{}, errNoLogin
	}
	var err error = errNoLogin
	if op.who != studio || h.isOperator(user) {
		err = h.Gate.Admin(c.r)
	}
	if err == nil {
		return caller{user: user, operator: true}, nil
	}
	if op.who == studio {
		err = h.Gate.MountAdmin(c.r, c.mount)
	}
	return caller{user: user, mount: c.mount}, err
}

var errNoLogin = &auth.Refusal{Missing: true, Reason: "no login was given"}

// isOperator reports whether a user name is the operators'.
func (h *Handlers) isOperator(user string) bool { return user == h.Conf.Config().Auth.AdminUser }

func isBearer(r *http.Request) bool {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer")
}

// unauthorized asks for a login and logs which client was refused and why. Scripts of
// a page are not offered Basic, because the browser would then ask its user for a
// password.
func (h *Handlers) unauthorized(c *call, refusal error) error {
	h.logRefusal(c, refusal)
	var login *auth.Refusal
	if errors.As(refusal, &login) && login.Status() != http.StatusUnauthorized {
		maps.Copy(c.w.Header(), login.Header())
		return problem(login.Status(), "%s", login.Sentence())
	}
	c.w.Header().Add("WWW-Authenticate", `Bearer realm="relay"`)
	if !isScript(c.r) {
		c.w.Header().Add("WWW-Authenticate", `Basic realm="relay", charset="UTF-8"`)
	}
	if isMissing(refusal) {
		return problem(http.StatusUnauthorized, "this needs a login")
	}
	return problem(http.StatusUnauthorized, "the login is wrong")
}

func (h *Handlers) logRefusal(c *call, err error) {
	level := h.Log.Warn
	var login *auth.Refusal
	if errors.As(err, &login) && login.Quiet() {
		level = h.Log.Debug
	}
	level("login refused", zap.String("path", c.r.URL.Path), zap.String("mount", c.mount),
		zap.Stringer("ip", netconn.Client(c.r)), zap.String("agent", c.r.UserAgent()), zap.Error(err), logging.LimitPerClient(netconn.Client(c.r)))
}

// isMissing reports whether a login was refused because there was none.
func isMissing(err error) bool {
	var login *auth.Refusal
	return errors.As(err, &login) && login.Missing
}
