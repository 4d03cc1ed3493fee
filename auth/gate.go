package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"go.uber.org/zap"

	"relay/auth/hooks"
	"relay/auth/htpasswd"
	"relay/auth/throttle"
	"relay/conf"
	"relay/icy"
	"relay/internal/logging"
	"relay/internal/netconn"
	"relay/internal/turns"
)

// Gate checks clients against the configured logins and the bans. Safe for concurrent use.
type Gate struct {
	conf  *conf.Live
	log   *zap.Logger
	hooks *hooks.Hooks

	throttle *throttle.Throttle
	bans     *bans
	hashing  *htpasswd.Hashing

	mu    sync.Mutex
	files map[string]*htpasswd.File // by path
}

// NewGate returns a gate for the logins of c, and reads the lists of bans. Notices to
// hooks wait for Run.
func NewGate(c *conf.Live, log *zap.Logger) *Gate {
	g := &Gate{
		conf:     c,
		log:      log,
		hooks:    hooks.New(c, log),
		throttle: throttle.New(),
		bans:     newBans(c, log),
		files:    map[string]*htpasswd.File{},
	}
	g.hashing = htpasswd.NewHashing(turns.New(turns.HalfOfProcessors()), g.throttle)
	g.throttle.Slow = func(from netip.Prefix, guesses int) {
		if !from.IsValid() {
			g.log.Warn("wrong logins from many addresses are slowed down", zap.Int("wrong", guesses), logging.Limit())
			return
		}
		g.log.Warn("wrong logins are slowed down", zap.Stringer("from", from), zap.Int("wrong", guesses), logging.LimitPer(from.String()))
	}
	g.bans.refresh(true)
	return g
}

// Run follows the lists of bans and notifies hooks until ctx ends. Notices that wait then
// are sent within three seconds. So that hooks hear of every listener and source that
// leaves, ctx must end after they have.
func (g *Gate) Run(ctx context.Context) {
	var following sync.WaitGroup
	following.Go(func() { g.bans.run(ctx) })
	g.hooks.Run(ctx)
	following.Wait()
}

// Source checks the login of a source client for a mount. The user name counts, and a
// mount with a login of its own does not accept the server-wide one
// (e2e/recorded/source-own-mount-user.txt, e2e/recorded/source-empty-user.txt). If the
// mount has a stream_auth hook, the hook decides instead. A login that was typed into the
// password field (see icy.TypedLogins) is accepted too; req then holds it as it was meant.
// However many ways there are to read a login, it counts as one guess. The error is a
// *Refusal.
func (g *Gate) Source(req *http.Request, mount string) error {
	return g.guardedRequest(req.Context(), req, func() *Refusal {
		return g.typed(req.Context(), req, mount, false)
	})
}

// Program is MountAdmin for requests that programs send beside their stream. A program has
// one password field for both, so Program reads its login as Source does.
func (g *Gate) Program(req *http.Request, mount string) error {
	ctx := context.WithoutCancel(req.Context())
	return g.guardedRequest(ctx, req, func() *Refusal {
		return g.typed(ctx, req, mount, true)
	})
}

// typed calls source with each reading of a request's login.
func (g *Gate) typed(ctx context.Context, req *http.Request, mount string, admin bool) *Refusal {
	user, password, _ := req.BasicAuth()
	logins := icy.TypedLogins(user, password)
	if len(logins) == 0 {
		return g.source(ctx, req, mount, admin)
	}
	ctx, cancel := context.WithTimeout(ctx, g.hooks.Timeout) // of all questions together
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
	// The operator's server may lock out clients with wrong logins: ask about the likelier
	// reading first.
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

// Relay checks the login of a server that pulls mounts of this one. The error is a
// *Refusal.
func (g *Gate) Relay(req *http.Request) error {
	a := g.conf.Config().Auth
	return g.guardedRequest(req.Context(), req, func() *Refusal {
		return g.check(req, []conf.SourceLogin{{User: a.RelayUser, Password: a.RelayPassword}})
	})
}

// Token checks a token that a program sends as "Authorization: Bearer TOKEN" (RFC 6750
// §2.1) in place of the administrator's login. The error is a *Refusal.
func (g *Gate) Token(req *http.Request) error {
	scheme, given, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return errNoLogin
	}
	given = strings.TrimSpace(given)
	ip := netconn.Client(req)
	return g.guarded(req.Context(), ip, "Bearer "+given, func() *Refusal {
		for _, token := range g.conf.Config().Auth.APITokens {
			switch right, looked := g.matches(ip, token, given); {
			case right:
				return nil
			case !looked:
				return busy("a token")
			}
		}
		return &Refusal{wrong: true, Reason: "the token is none of those in auth.api_tokens"}
	}).orNil()
}

// MountAdmin checks a login for an action on one mount, such as a new title: the
// administrator's, or that of the mount's source. The error is a *Refusal.
func (g *Gate) MountAdmin(req *http.Request, mount string) error {
	// Programs send a title and close without reading the answer, which ends the request's
	// context. The title counts all the same.
	ctx := context.WithoutCancel(req.Context())
	return g.guardedRequest(ctx, req, func() *Refusal {
		return g.source(ctx, req, mount, true)
	})
}

// OpensToo reports whether a login that MountAdmin has accepted for one mount is a login
// of another mount as well. If a hook decides for either, that is not known and the answer
// is no.
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

// source checks the login of a mount's source. With admin, the administrator's is accepted
// too.
func (g *Gate) source(ctx context.Context, req *http.Request, mount string, admin bool) *Refusal {
	mount = g.conf.Config().RootOf(mount) // renditions have the rights of their mount
	address := g.conf.Config().Mount(mount).ListenerAuth.StreamAuth
	refusal := g.check(req, g.logins(mount, admin))
	switch {
	case address != "" && refusal != nil && refusal.Missing:
		return errNoLogin // the hook may accept one
	case address == "" || refusal == nil || refusal.Busy:
		return refusal
	}
	user, password, _ := req.BasicAuth()
	s := hooks.Stream{Mount: mount, IP: netconn.Client(req), User: user, Password: password, Admin: admin}
	return refusalOf(g.hooks.MayStream(ctx, address, fmt.Sprintf("user %q", user), s))
}

// logins returns the configured logins for a mount, hashed ones first. If a hook decides
// about the mount's source, the source's login is not among them.
func (g *Gate) logins(mount string, admin bool) []conf.SourceLogin {
	var logins []conf.SourceLogin
	if admin {
		logins = append(logins, g.operator())
	}
	if m := g.conf.Config().Mount(mount); m.ListenerAuth.StreamAuth == "" {
		logins = append(logins, m.SourceLogins()...)
	}
	// A client that gets no turn to hash has then been compared with nothing. Otherwise it
	// could guess at the plain passwords for free.
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

// SourceCame notifies the mount's on_source hook, if any, that a live source has taken the
// mount. It does not wait.
func (g *Gate) SourceCame(mount string) { g.tellOfSource(mount, g.hooks.SourceCame) }

// SourceLeft notifies the mount's on_source hook, if any, that the live source has left.
// It does not wait. The hook gets the notices of a mount in the order of the calls.
func (g *Gate) SourceLeft(mount string) { g.tellOfSource(mount, g.hooks.SourceLeft) }

func (g *Gate) tellOfSource(mount string, tell func(address, mount string)) {
	if address := g.conf.Config().Mount(mount).ListenerAuth.OnSource; address != "" {
		tell(address, mount)
	}
}

// HookAnswers returns how many questions hooks answered with yes, with no and with a
// redirect, and how many they did not answer.
func (g *Gate) HookAnswers() (yes, no, redirect, none uint64) {
	return g.hooks.Answers()
}

// check checks that the login of a request is one of those given. The refusal is about the
// login with the user's name, or else the last one.
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
		refusal := g.compare(netconn.Client(req), user, password, l.User, l.Password)
		if refusal == nil || refusal.Busy {
			return refusal
		}
		if !own {
			refused, own = refusal, user == l.User
		}
	}
	return refused
}

// compare returns nil for the right login, which came from an IP address. It compares the
// password even if the user name is wrong, so that the time it takes tells nobody which
// names exist.
func (g *Gate) compare(ip netip.Addr, givenUser, givenPassword, user string, password conf.Secret) *Refusal {
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

// matches reports whether a password from an IP address is the right one. A hashed one
// waits for its turn, even if the client does not. looked is false if the turn did not
// come.
func (g *Gate) matches(ip netip.Addr, password conf.Secret, given string) (right, looked bool) {
	if !password.Hashed() {
		return password.Matches(given), true
	}
	pair := password.Reveal() + "\x00" + given
	return g.hashing.Match(context.Background(), ip, pair, func() bool { return password.Matches(given) })
}
