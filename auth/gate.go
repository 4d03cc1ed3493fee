// Package auth decides who may send a stream, listen and administer. It knows
// logins, not mounts or routes: whoever asks names the mount.
//
//	in:   a request's Authorization, the configuration's names and passwords,
//	      files of listeners, the word of the hoster's own web server
//	out:  nil, or a Refusal that says in words what was wrong
package auth

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"

	"go.uber.org/zap"

	"relay/conf"
)

// Gate holds the configured logins. Safe for concurrent use.
type Gate struct {
	conf  *conf.Live
	log   *zap.Logger
	hooks *hooks

	mu      sync.Mutex
	files   map[string]*Htpasswd // by path
	hashing chan struct{}        // one for each password being hashed
}

// NewGate returns a gate with the logins that are in force. It logs nothing, see WithLog,
// and its notices wait for Run.
func NewGate(c *conf.Live) *Gate {
	return &Gate{
		conf:    c,
		log:     zap.NewNop(),
		hooks:   newHooks(c),
		files:   map[string]*Htpasswd{},
		hashing: make(chan struct{}, hashers()),
	}
}

// WithLog lets g log what is wrong with its files and hooks. It must be called
// before anything else, and returns g.
func (g *Gate) WithLog(log *zap.Logger) *Gate {
	g.log, g.hooks.log = log, log
	return g
}

// Run sends what hooks are told, until ctx ends; what waits then is sent within
// three seconds. To tell of every leave, let ctx end when sources and
// listeners have gone.
func (g *Gate) Run(ctx context.Context) { g.hooks.run(ctx) }

// Source checks the login of a source client for a mount. A mount with a
// login of its own does not open to the server-wide one, and the user name
// counts (wire/source-own-mount-user.txt, wire/source-empty-user.txt). Where a
// stream_auth hook is set, it decides instead. The error is a *Refusal.
func (g *Gate) Source(req *http.Request, mount string) error {
	return g.source(req.Context(), req, mount, false)
}

// Admin checks the administrator's login. The error is a *Refusal.
func (g *Gate) Admin(req *http.Request) error {
	return check(req, g.conf.Config().Auth.AdminUser, g.conf.Config().Auth.AdminPassword)
}

// MountAdmin checks a login for an action on one mount, such as a new title:
// the administrator's or that of the mount's source will do. The error is a
// *Refusal.
func (g *Gate) MountAdmin(req *http.Request, mount string) error {
	if g.Admin(req) == nil {
		return nil
	}
	// Programs send a title and close without reading the answer, which ends
	// the request's context; the title counts all the same.
	return g.source(context.WithoutCancel(req.Context()), req, mount, true)
}

func (g *Gate) source(ctx context.Context, req *http.Request, mount string, admin bool) error {
	m := g.conf.Config().Mount(mount)
	if m.ListenerAuth.StreamAuth == "" {
		return checkAny(req, m.SourceLogins())
	}
	user, password, given := req.BasicAuth()
	if !given {
		return errNoLogin
	}
	s := stream{mount: mount, ip: hostOf(req.RemoteAddr), user: user, password: password, admin: admin}
	return g.hooks.mayStream(ctx, m.ListenerAuth.StreamAuth, fmt.Sprintf("user %q", user), s).orNil()
}

// SourceCame tells the mount's on_source hook, if any, that a live source has
// taken it. It does not wait.
func (g *Gate) SourceCame(mount string) { g.tellOfSource("mount_add", mount) }

// SourceLeft tells the mount's on_source hook, if any, that its live source
// has left. It does not wait; the hook gets both in the order they happened.
func (g *Gate) SourceLeft(mount string) { g.tellOfSource("mount_remove", mount) }

func (g *Gate) tellOfSource(action, mount string) {
	if address := g.conf.Config().Mount(mount).ListenerAuth.OnSource; address != "" {
		g.hooks.tellOfSource(address, action, mount)
	}
}

func check(req *http.Request, user string, password conf.Secret) error {
	givenUser, givenPassword, given := req.BasicAuth()
	if !given {
		return errNoLogin
	}
	return compare(givenUser, givenPassword, user, password).orNil()
}

// checkAny checks that the login of a request is one of those given.
func checkAny(req *http.Request, logins []conf.SourceLogin) error {
	var refused error
	for _, l := range logins {
		err := check(req, l.User, l.Password)
		if err == nil {
			return nil
		}
		user, _, _ := req.BasicAuth()
		if refused == nil || user == l.User {
			refused = err
		}
	}
	return refused
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

// hostOf is an address without its port.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
