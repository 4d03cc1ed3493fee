package auth

import (
	"net/http"

	"relay/conf"
)

// What a login opens may last: a stream, a session, a watch. These say whether the
// reason for it is still there. Nothing is asked of the throttle: nobody guesses.

// StillAdmin reports whether the login of a request that was the administrator's
// still is. A login that nobody has the time to hash is taken to be.
func (g *Gate) StillAdmin(req *http.Request) bool {
	refusal := g.check(req, []conf.SourceLogin{g.operator()})
	return refusal == nil || refusal.Busy
}

// MaySend reports whether a user who sends to a mount still has a login there. A new
// password changes nothing about that: passwords are changed during shows. Where a
// hook decides, it has decided when the source came.
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

// Member is a listener who was let in by a name in a mount's htpasswd file.
type Member struct {
	mount, user string
	entry       entryDigest
}

// StillMember reports whether a listener's name is in the file as it was when the
// listener came. While the file cannot be read it is taken to be, and where the mount
// has none any more too: who listens then is decided when listeners come.
func (g *Gate) StillMember(m *Member) bool {
	file := g.Htpasswd(m.mount)
	if file == nil {
		return true
	}
	r := file.roll()
	entry, there := r.entries[m.user]
	return r.failure != nil || there && entry == m.entry
}

// MembersChanged reports whether an htpasswd file holds something else than when it
// last said so. It must be called again and again, by one goroutine: a file that is
// being written may be empty for a moment, so it counts when it was the same twice.
func (g *Gate) MembersChanged() (changed bool) {
	g.mu.Lock()
	files := make([]*Htpasswd, 0, len(g.files))
	for _, h := range g.files {
		files = append(files, h)
	}
	g.mu.Unlock()
	for _, h := range files {
		switch r := h.roll(); {
		case r.failure != nil || r == h.settled:
		case r != h.seen:
			h.seen = r
		default:
			h.settled, changed = r, true
		}
	}
	return changed
}
