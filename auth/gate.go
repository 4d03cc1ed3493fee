// Package auth decides who may send a stream, listen and administer. It knows
// logins, not mounts or routes: whoever asks names the mount.
//
//	in:   a request's Authorization, the configuration's names and passwords
//	out:  nil, or a Refusal that says in words what was wrong
package auth

import (
	"fmt"
	"net/http"

	"relay/conf"
)

// Refusal says why a login was not good enough, in words for the log.
type Refusal struct {
	Missing       bool // no login was given at all, as clients that probe first do
	RightPassword bool // only the user name is wrong
	Reason        string
}

func (r *Refusal) Error() string { return r.Reason }

var errNoLogin = &Refusal{Missing: true, Reason: "no login was given"}

// Gate holds the configured logins. Safe for concurrent use.
type Gate struct{ conf *conf.Config }

// NewGate returns a gate with the logins of c.
func NewGate(c *conf.Config) *Gate { return &Gate{conf: c} }

// Source checks the login of a source client for a mount. A mount with a
// login of its own does not open to the server-wide one, and the user name
// counts (wire/source-own-mount-user.txt, wire/source-empty-user.txt). The
// error is a *Refusal.
func (g *Gate) Source(req *http.Request, mount string) error {
	m := g.conf.Mount(mount)
	return check(req, m.SourceUser, m.SourcePassword)
}

// Admin checks the administrator's login. The error is a *Refusal.
func (g *Gate) Admin(req *http.Request) error {
	return check(req, g.conf.Auth.AdminUser, g.conf.Auth.AdminPassword)
}

// MountAdmin checks a login for an action on one mount: the administrator's
// or that of the mount's source will do. The error is a *Refusal.
func (g *Gate) MountAdmin(req *http.Request, mount string) error {
	if g.Admin(req) == nil {
		return nil
	}
	return g.Source(req, mount)
}

func check(req *http.Request, user string, password conf.Secret) error {
	givenUser, givenPassword, given := req.BasicAuth()
	if !given {
		return errNoLogin
	}
	if refusal := compare(givenUser, givenPassword, user, password); refusal != nil {
		return refusal
	}
	return nil
}

// compare returns nil for the right login.
func compare(givenUser, givenPassword, user string, password conf.Secret) *Refusal {
	rightPassword := password != "" && password.Matches(givenPassword)
	switch {
	case givenUser != user && rightPassword:
		return &Refusal{RightPassword: true,
			Reason: fmt.Sprintf("the password is right, but the user name must be %q, not %q", user, givenUser)}
	case givenUser != user:
		return &Refusal{Reason: fmt.Sprintf("the user name must be %q, not %q", user, givenUser)}
	case !rightPassword:
		return &Refusal{Reason: fmt.Sprintf("wrong password for user %q", givenUser)}
	}
	return nil
}
