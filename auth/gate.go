// Package auth decides who may send a stream, listen and administer. It knows
// logins, not mounts or routes: whoever asks names the mount.
//
//	in:   a request's Authorization, the configuration's names and passwords,
//	      files of listeners and of those who are kept out, signed addresses,
//	      the word of the hoster's own web server
//	out:  nil, or a Refusal that says in words what was wrong
package auth

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"

	"go.uber.org/zap"

	"relay/conf"
	"relay/icy"
	"relay/internal/logging"
	"relay/internal/turns"
)

// Gate holds the configured logins, and who is kept out. Safe for concurrent use.
type Gate struct {
	conf  *conf.Live
	log   *zap.Logger
	hooks *hooks

	throttle *throttle
	bans     *bans
	hashing  *hashing

	mu    sync.Mutex
	files map[string]*Htpasswd // by path
}

// NewGate returns a gate with the logins that are in force, and reads who is
// kept out. It logs nothing, see WithLog, and its notices wait for Run.
func NewGate(c *conf.Live) *Gate {
	g := &Gate{
		conf:     c,
		log:      zap.NewNop(),
		hooks:    newHooks(c),
		throttle: newThrottle(),
		bans:     newBans(c),
		files:    map[string]*Htpasswd{},
		hashing:  newHashing(turns.HalfOfProcessors()),
	}
	g.throttle.slow = func(from netip.Prefix, guesses int) {
		if !from.IsValid() {
			g.log.Warn("wrong logins from everywhere are slowed down", zap.Int("wrong", guesses), logging.Limit())
			return
		}
		g.log.Warn("wrong logins are slowed down", zap.Stringer("from", from), zap.Int("wrong", guesses), logging.LimitPer(from.String()))
	}
	g.bans.refresh(true)
	return g
}

// WithLog lets g log what is wrong with its files and hooks. It must be called
// before anything else, and returns g.
func (g *Gate) WithLog(log *zap.Logger) *Gate {
	g.log, g.hooks.log, g.bans.log = log, log, log
	return g
}

// Run follows the lists of those who are kept out, and sends what hooks are
// told, until ctx ends; what waits then is sent within three seconds. To tell
// of every leave, let ctx end when sources and listeners have gone.
func (g *Gate) Run(ctx context.Context) {
	var following sync.WaitGroup
	following.Go(func() { g.bans.run(ctx) })
	g.hooks.run(ctx)
	following.Wait()
}

// Source checks the login of a source client for a mount. A mount with a
// login of its own does not open to the server-wide one, and the user name
// counts (wire/source-own-mount-user.txt, wire/source-empty-user.txt). Where a
// stream_auth hook is set, it decides instead. A login that was typed into the field for
// the password (see icy.TypedLogins) is taken too, and stands in req as it was meant from
// then on. However it can be read, it counts as one guess. The error is a *Refusal.
func (g *Gate) Source(req *http.Request, mount string) error {
	return g.guardedRequest(req.Context(), req, func() *Refusal {
		return g.typed(req.Context(), req, mount, false)
	})
}

// Program is MountAdmin for what programs send beside their stream: they have one field
// for the password of both, so their logins are read as in Source.
func (g *Gate) Program(req *http.Request, mount string) error {
	ctx := context.WithoutCancel(req.Context())
	return g.guardedRequest(ctx, req, func() *Refusal {
		return g.typed(ctx, req, mount, true)
	})
}

// typed is source for the login of a request in every way it can be read.
func (g *Gate) typed(ctx context.Context, req *http.Request, mount string, admin bool) *Refusal {
	user, password, _ := req.BasicAuth()
	logins := icy.TypedLogins(user, password)
	if len(logins) == 0 {
		return g.source(ctx, req, mount, admin)
	}
	ctx, cancel := context.WithTimeout(ctx, g.hooks.timeout) // for all questions together
	defer cancel()
	asWritten := func() *Refusal { return g.source(ctx, req, mount, admin) }
	asMeant := func() *Refusal {
		var refusal *Refusal
		for _, l := range logins {
			meant := req.Clone(ctx)
			meant.SetBasicAuth(l.User, l.Password)
			switch refusal = g.source(ctx, meant, mount, admin); {
			case refusal == nil:
				req.SetBasicAuth(l.User, l.Password)
				return nil
			case refusal.Busy || refusal.Unavailable:
				return refusal
			}
		}
		return refusal
	}
	// The hoster may lock out who errs: ask about the likelier reading first.
	first, second := asWritten, asMeant
	if g.conf.Config().Mount(g.conf.Config().RootOf(mount)).ListenerAuth.StreamAuth != "" {
		first, second = asMeant, asWritten
	}
	refusal := first()
	if refusal == nil || refusal.Busy || refusal.Unavailable {
		return refusal
	}
	if other := second(); other == nil || other.Busy || other.Unavailable {
		return other
	}
	return refusal
}

// Admin checks the administrator's login. The error is a *Refusal.
func (g *Gate) Admin(req *http.Request) error {
	return g.guardedRequest(req.Context(), req, func() *Refusal {
		return g.check(req, []conf.SourceLogin{g.operator()})
	})
}

// MountAdmin checks a login for an action on one mount, such as a new title:
// the administrator's or that of the mount's source will do. The error is a
// *Refusal.
func (g *Gate) MountAdmin(req *http.Request, mount string) error {
	// Programs send a title and close without reading the answer, which ends
	// the request's context; the title counts all the same.
	ctx := context.WithoutCancel(req.Context())
	return g.guardedRequest(ctx, req, func() *Refusal {
		return g.source(ctx, req, mount, true)
	})
}

// OpensToo reports whether the login of a user that MountAdmin has let in for one
// mount is one of another mount as well. Where a hook decides, that is not known,
// and the answer is no.
func (g *Gate) OpensToo(user, mount, other string) bool {
	c := g.conf.Config()
	mount, other = c.RootOf(mount), c.RootOf(other)
	if mount == other {
		return true
	}
	from, to := c.Mount(mount), c.Mount(other)
	return from.ListenerAuth.StreamAuth == "" && to.ListenerAuth.StreamAuth == "" &&
		slices.ContainsFunc(from.SourceLogins(), func(l conf.SourceLogin) bool {
			return l.User == user && slices.Contains(to.SourceLogins(), l)
		})
}

// source checks the login of a mount's source; with admin, the administrator's
// will do too.
func (g *Gate) source(ctx context.Context, req *http.Request, mount string, admin bool) *Refusal {
	mount = g.conf.Config().RootOf(mount) // whose rights are those of its renditions
	address := g.conf.Config().Mount(mount).ListenerAuth.StreamAuth
	refusal := g.check(req, g.logins(mount, admin))
	switch {
	case address != "" && refusal != nil && refusal.Missing:
		return errNoLogin // there may be one that the hook takes
	case address == "" || refusal == nil || refusal.Busy:
		return refusal
	}
	user, password, _ := req.BasicAuth()
	s := stream{mount: mount, ip: hostOf(req.RemoteAddr), user: user, password: password, admin: admin}
	return g.hooks.mayStream(ctx, address, fmt.Sprintf("user %q", user), s)
}

// logins returns those that are known here for a mount, hashed ones first. That of
// its source is none of them where a hook decides.
func (g *Gate) logins(mount string, admin bool) []conf.SourceLogin {
	var logins []conf.SourceLogin
	if admin {
		logins = append(logins, g.operator())
	}
	if m := g.conf.Config().Mount(mount); m.ListenerAuth.StreamAuth == "" {
		logins = append(logins, m.SourceLogins()...)
	}
	// Whose turn to hash does not come has then been compared with nothing, and is
	// not let guess at the plain ones for nothing.
	slices.SortStableFunc(logins, func(a, b conf.SourceLogin) int {
		switch {
		case a.Password.Hashed() == b.Password.Hashed():
			return 0
		case a.Password.Hashed():
			return -1
		}
		return 1
	})
	return logins
}

func (g *Gate) operator() conf.SourceLogin {
	a := g.conf.Config().Auth
	return conf.SourceLogin{User: a.AdminUser, Password: a.AdminPassword}
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

// HookAnswers returns how many questions hooks have answered with yes and with no,
// and how many they gave no answer to.
func (g *Gate) HookAnswers() (yes, no, none uint64) {
	return g.hooks.yes.Load(), g.hooks.no.Load(), g.hooks.none.Load()
}

// check checks that the login of a request is one of those given. It speaks of
// the user's own, or else of the last.
func (g *Gate) check(req *http.Request, logins []conf.SourceLogin) *Refusal {
	user, password, given := req.BasicAuth()
	configured := slices.ContainsFunc(logins, func(l conf.SourceLogin) bool { return l.Password != "" })
	switch {
	case !given && !configured:
		return errNoPassword
	case !given:
		return errNoLogin
	case !configured:
		return &Refusal{wrong: true, NoPassword: true, Reason: "no login is known here"}
	}
	refused, own := &Refusal{}, false
	for _, l := range logins {
		refusal := g.compare(hostOf(req.RemoteAddr), user, password, l.User, l.Password)
		if refusal == nil || refusal.Busy {
			return refusal
		}
		if !own {
			refused, own = refusal, user == l.User
		}
	}
	return refused
}

// compare returns nil for the right login, which came from an IP address. The
// password is looked at whatever the user name is: how long it takes tells nobody
// which names there are.
func (g *Gate) compare(ip, givenUser, givenPassword, user string, password conf.Secret) *Refusal {
	rightPassword, looked := g.matches(ip, password, givenPassword)
	switch {
	case !looked:
		return busy(ofUser(givenUser))
	case givenUser != user && rightPassword:
		return &Refusal{RightPassword: true, wrong: true,
			Reason: fmt.Sprintf("the password is right, but the user name must be %q, not %q", user, givenUser)}
	case givenUser != user:
		return &Refusal{wrong: true, Reason: fmt.Sprintf("the user name must be %q, not %q", user, givenUser)}
	case !rightPassword:
		return &Refusal{wrong: true, Reason: fmt.Sprintf("wrong password for user %q", givenUser)}
	}
	return nil
}

// matches tells whether a password from an IP address is the right one. One that
// is hashed waits for its turn, whether the client does or not; looked is false
// when that did not come.
func (g *Gate) matches(ip string, password conf.Secret, given string) (right, looked bool) {
	if !password.Hashed() {
		return password.Matches(given), true
	}
	pair := password.Reveal() + "\x00" + given
	return g.fits(context.Background(), ip, pair, func() bool { return password.Matches(given) })
}

// hostOf is an address without its port.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
