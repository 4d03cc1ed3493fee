package auth

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// guarded looks at a login that came from an IP address, unless there have been
// too many wrong ones from there, or are too many at once. login is what was
// given, all of it in one text; empty is no login and never a guess.
func (g *Gate) guarded(ctx context.Context, ip, login string, look func() *Refusal) *Refusal {
	if login == "" {
		return look()
	}
	done, closed := g.throttle.admit(ctx, ip, login)
	if closed > 0 {
		closed = (closed + time.Second - 1).Truncate(time.Second)
		return &Refusal{RetryAfter: closed,
			Reason: fmt.Sprintf("too many logins came from %s, wrong ones or at once: none is looked at for %v", g.throttle.whoIsSlowed(ip), closed)}
	}
	defer done()
	refusal := look()
	switch {
	case refusal == nil:
		g.throttle.right(ip, login)
		Accepted(ctx)
	case refusal.wrong:
		g.throttle.guessed(ip, login)
	}
	return refusal
}

// guardedRequest is guarded for the login in a request's head.
func (g *Gate) guardedRequest(ctx context.Context, req *http.Request, look func() *Refusal) error {
	login := ""
	if user, password, given := req.BasicAuth(); given {
		login = user + ":" + password
	}
	return g.guarded(ctx, hostOf(req.RemoteAddr), login, look).orNil()
}
