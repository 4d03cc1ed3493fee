package auth

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"relay/icy"
)

// Visit is a listener who was let in.
type Visit struct {
	// User is the name he logged in with; empty where nobody asked for it.
	User string
	// TimeLimit is how long he may stay; 0: no limit but the mount's.
	TimeLimit time.Duration
	// Member is set where a name in an htpasswd file was the reason.
	Member *Member

	leave func(stayed time.Duration)
	once  sync.Once
}

// Left says that the listener has gone, and tells the hook that let him in, if
// one did. It does not wait, and only the first call counts.
func (v *Visit) Left(stayed time.Duration) {
	v.once.Do(func() {
		if v.leave != nil {
			v.leave(stayed)
		}
	})
}

// Listener decides whether the client behind req may listen to mount: by a
// token, by the mount's htpasswd file, or by its hook, or else always. id is the
// listener's number, by which the hook tells one from another. req.RemoteAddr
// must be the client's own address. A hook is waited for until ctx ends, five seconds at
// most. The error is a *Refusal, to be answered with 401 and no sentence of
// its own (wire/listener-auth.txt, wire/auth-url.txt).
//
// Left must be called on every visit that was returned.
func (g *Gate) Listener(ctx context.Context, req *http.Request, mount string, id uint64) (*Visit, error) {
	user, password, given := req.BasicAuth()
	a := g.conf.Config().Mount(mount).ListenerAuth
	refusal := errNoLogin
	if a.TokenSecret != "" {
		if refusal = g.checkToken(icy.ParseQuery(req.URL.RawQuery)["token"], mount, hostOf(req.RemoteAddr)); refusal == nil {
			return &Visit{}, nil
		}
		refusal.NoPassword = a.HtpasswdFile == ""
	}
	switch {
	case a.HtpasswdFile != "" && given:
		err := g.guardedRequest(ctx, req, func() *Refusal { return g.htpasswd(a.HtpasswdFile).check(ctx, hostOf(req.RemoteAddr), user, password) })
		if err != nil {
			return nil, err
		}
		entry := g.htpasswd(a.HtpasswdFile).roll().entries[user]
		return &Visit{User: user, Member: &Member{mount, strings.Clone(user), entry}}, nil
	case a.HtpasswdFile != "" || a.TokenSecret != "":
		return nil, refusal
	case a.URL != "":
		l := listener{id: id, mount: mount, ip: hostOf(req.RemoteAddr), user: user, password: password, agent: req.UserAgent()}
		if req.URL.RawQuery != "" {
			l.query = "?" + icy.CutText(req.URL.RawQuery, maxQuery)
		}
		visit, refusal := g.hooks.mayListen(ctx, a.URL, l, clientHeaders(req.Header))
		return visit, refusal.orNil()
	}
	return &Visit{}, nil
}

// KnowsListener reports whether a request has a token or a listener's login that
// opens a mount, or one that may steer it. A hook is not asked: what comes after
// is no listener.
func (g *Gate) KnowsListener(req *http.Request, mount string) bool {
	a, ip := g.conf.Config().Mount(mount).ListenerAuth, hostOf(req.RemoteAddr)
	token := icy.ParseQuery(req.URL.RawQuery)["token"]
	if a.TokenSecret != "" && token != "" && g.checkToken(token, mount, ip) == nil {
		return true
	}
	user, password, given := req.BasicAuth()
	if !given {
		return false
	}
	return g.guardedRequest(req.Context(), req, func() *Refusal {
		refusal := g.check(req, g.logins(mount, true))
		if refusal != nil && a.HtpasswdFile != "" {
			return g.htpasswd(a.HtpasswdFile).check(req.Context(), ip, user, password)
		}
		return refusal
	}) == nil
}

// listener is what a hook learns of one when he comes and when he leaves. It is kept
// until then, and holds nothing else of the request.
type listener struct {
	id                                      uint64
	mount, query, ip, user, password, agent string
}

// forms returns the two parts of a form about a listener, in which his address and
// program come last.
func (h *hooks) forms(l listener) (visitor, origin string) {
	server, port := h.itself()
	visitor = encode(server, port, field{"client", strconv.FormatUint(l.id, 10)},
		field{"mount", l.mount + l.query}, field{"user", l.user}, field{"pass", l.password})
	return visitor, encode(field{"ip", l.ip}, field{"agent", cmp.Or(l.agent, "-")})
}

// mayListen asks with listener_add; listener_remove follows when the listener
// has left. Whoever gives no login is asked about too: a key may stand in the
// query.
func (h *hooks) mayListen(ctx context.Context, address string, l listener, headers []field) (*Visit, *Refusal) {
	visitor, origin := h.forms(l)
	question := "action=listener_add&" + visitor + "&" + origin
	if len(headers) > 0 {
		question += "&" + encode(headers...)
	}
	name := "a listener without a login"
	if l.user != "" {
		name = fmt.Sprintf("user %q", l.user)
	}
	limit, refusal := h.ask(ctx, address, name, question)
	if refusal != nil {
		return nil, refusal
	}
	return &Visit{User: l.user, TimeLimit: limit, leave: func(stayed time.Duration) {
		visitor, origin := h.forms(l)
		seconds := strconv.FormatInt(int64(stayed.Round(time.Second)/time.Second), 10)
		h.tell(notice{address: address, action: "listener_remove", mount: l.mount,
			body: "action=listener_remove&" + visitor + "&duration=" + seconds + "&" + origin})
	}}, nil
}
