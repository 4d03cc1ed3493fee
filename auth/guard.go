package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"relay/internal/netconn"
)

// guarded calls look for a login that came from an IP address, unless too many wrong ones
// came from there, or too many at once. login is the whole login as one text; an empty one
// is no login and never a guess.
func (g *Gate) guarded(ctx context.Context, ip netip.Addr, login string, look func() *Refusal) *Refusal {
	if login == "" {
		return look()
	}
	done, closed := g.throttle.Admit(ctx, ip, login)
	if closed > 0 {
		closed = (closed + time.Second - 1).Truncate(time.Second)
		return &Refusal{RetryAfter: closed,
			Reason: fmt.Sprintf("too many logins came from %s, wrong ones or at once: none is looked at for %v", g.throttle.WhoIsSlowed(ip), closed)}
	}
	defer done()
	refusal := look()
	switch {
	case refusal == nil:
		g.throttle.Right(ip, login)
		Accepted(ctx)
	case refusal.wrong:
		g.throttle.Wrong(ip, login)
	}
	return refusal
}

// guardedRequest is guarded for the login in a request's head.
func (g *Gate) guardedRequest(ctx context.Context, req *http.Request, look func() *Refusal) error {
	login := ""
	if user, password, given := req.BasicAuth(); given {
		login = user + ":" + password
	}
	return g.guarded(ctx, netconn.Client(req), login, look).orNil()
}
