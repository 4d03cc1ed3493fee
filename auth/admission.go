package auth

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"relay/auth/hooks"
	"relay/icy"
	"relay/internal/netconn"
)

// Admission is the permission of a listener to listen.
type Admission struct {
	// User is the name of the login; empty if none was asked for.
	User string
	// TimeLimit is how long the listener may stay; 0 means that only the mount's limit
	// applies.
	TimeLimit time.Duration
	// Member is set if a name in an htpasswd file let the listener in.
	Member *Member

	leave func(stayed time.Duration)
	once  sync.Once
}

// Left notes that the listener has left, and notifies the hook that let it in, if one did.
// It does not wait. Only the first call counts.
func (v *Admission) Left(stayed time.Duration) {
	v.once.Do(func() {
		if v.leave != nil {
			v.leave(stayed)
		}
	})
}

// Listener decides whether the client behind req may listen to mount: by a token, by the
// mount's htpasswd file or by its hook. If the mount has none of these, every client may.
// id is the listener's number, by which the hook tells one from another. req.RemoteAddr
// must be the client's own address. Listener waits for a hook until ctx ends, five seconds
// at most. The error is a *Refusal. If it has a redirect, that is the answer; otherwise
// the answer is 401 without a sentence of its own (e2e/recorded/listener-auth.txt,
// e2e/recorded/auth-url.txt).
//
// The caller must call Left on every Admission that it gets.
func (g *Gate) Listener(ctx context.Context, req *http.Request, mount string, id uint64) (*Admission, error) {
	user, password, given := req.BasicAuth()
	a := g.conf.Config().Mount(mount).ListenerAuth
	refusal := errNoLogin
	if a.TokenSecret != "" {
		if refusal = g.checkToken(icy.ParseQuery(req.URL.RawQuery)["token"], mount, netconn.Client(req)); refusal == nil {
			return &Admission{}, nil
		}
		refusal.NoPassword = a.HtpasswdFile == ""
	}
	switch {
	case a.HtpasswdFile != "" && given:
		err := g.guardedRequest(ctx, req, func() *Refusal {
			return g.checkMember(ctx, a.HtpasswdFile, netconn.Client(req), user, password)
		})
		if err != nil {
			return nil, err
		}
		entry := g.htpasswd(a.HtpasswdFile).Entry(user)
		return &Admission{User: user, Member: &Member{mount, strings.Clone(user), entry}}, nil
	case a.HtpasswdFile != "" || a.TokenSecret != "":
		return nil, refusal
	case a.URL != "":
		l := hooks.Listener{ID: id, Mount: mount, Query: req.URL.RawQuery, IP: netconn.Client(req),
			User: user, Password: password, Agent: req.UserAgent()}
		address := a.URL
		v := g.hooks.MayListen(ctx, address, l, req.Header)
		switch refusal := refusalOf(v); {
		case refusal == nil:
			return &Admission{User: user, TimeLimit: v.TimeLimit, leave: func(stayed time.Duration) { g.hooks.ListenerLeft(address, l, stayed) }}, nil
		case refusal.Redirect != "" && g.leadsBack(refusal.Redirect, req):
			return nil, &Refusal{Reason: refusal.Reason + ", to the address it came to: the listener is refused"}
		default:
			return nil, refusal
		}
	}
	return &Admission{}, nil
}

// KnowsListener reports whether a request has a token or a listener's login that opens a
// mount, or a login that may control the mount. It asks no hook, since the client does not
// become a listener.
func (g *Gate) KnowsListener(req *http.Request, mount string) bool {
	a, ip := g.conf.Config().Mount(mount).ListenerAuth, netconn.Client(req)
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
			return g.checkMember(req.Context(), a.HtpasswdFile, ip, user, password)
		}
		return refusal
	}) == nil
}

// ListenerRequest returns a copy of what Listener reads of a request. It holds nothing
// else of the head, so that waiting listeners do not keep many heads in memory.
func ListenerRequest(req *http.Request) *http.Request {
	kept := icy.Keep(req, "Authorization", "User-Agent")
	if req.URL != nil {
		kept.URL.RawQuery = icy.Clip(req.URL.RawQuery, hooks.MaxQuery)
	}
	maps.Copy(kept.Header, hooks.ClientHeader(req.Header))
	return kept
}

// leadsBack reports whether an address is the one that the listener asked for. Sent there,
// the listener would ask again and again.
func (g *Gate) leadsBack(to string, req *http.Request) bool {
	u, err := url.Parse(to)
	if err != nil {
		return true
	}
	if path.Clean("/"+u.Path) != path.Clean("/"+req.URL.Path) || u.RawQuery != req.URL.RawQuery {
		return false
	}
	base, err := url.Parse(g.conf.Config().BaseURL())
	return strings.EqualFold(u.Host, req.Host) || err == nil && strings.EqualFold(u.Hostname(), base.Hostname())
}
