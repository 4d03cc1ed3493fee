package auth

import (
	"net/http"

	"relay/conf"
)

// Streams, sessions and watches outlast the check of their login. These methods report
// whether the login would still be accepted. They do not ask the throttle, since nobody
// guesses here.

// StillAdmin reports whether the login of a request, which was the administrator's, still
// is. The answer is yes if the login gets no turn to be hashed.
func (g *Gate) StillAdmin(req *http.Request) bool {
	refusal := g.check(req, []conf.SourceLogin{g.operator()})
	return refusal == nil || refusal.Busy
}

// MaySend reports whether a user who sends to a mount still has a login there. A new
// password does not end a stream, since passwords are changed during shows. If a hook
// decides, its answer to the source's login still counts.
func (g *Gate) MaySend(mount, user string) bool {
	m := g.conf.Config().Mount(mount)
	if m.ListenerAuth.StreamAuth != "" {
		return true
	}
	for _, l := range m.SourceLogins() {
		if l.User == user {
			return true
		}
	}
	return false
}
