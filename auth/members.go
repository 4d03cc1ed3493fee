package auth

import (
	"context"
	"maps"
	"net/netip"
	"slices"

	"relay/auth/htpasswd"
)

// Htpasswd returns the htpasswd file of a mount's listeners, or nil if the mount has none.
func (g *Gate) Htpasswd(mount string) *htpasswd.File {
	if path := g.conf.Config().Mount(mount).ListenerAuth.HtpasswdFile; path != "" {
		return g.htpasswd(path)
	}
	return nil
}

func (g *Gate) htpasswd(path string) *htpasswd.File {
	g.mu.Lock()
	defer g.mu.Unlock()
	file := g.files[path]
	if file == nil {
		file = htpasswd.New(path, g.hashing, g.log)
		g.files[path] = file
	}
	return file
}

// checkMember returns nil if the htpasswd file at path has a login, which came from an IP
// address.
func (g *Gate) checkMember(ctx context.Context, path string, ip netip.Addr, user, password string) *Refusal {
	switch v := g.htpasswd(path).Check(ctx, ip, user, password); v.Result {
	case htpasswd.Right:
		return nil
	case htpasswd.Busy:
		return busy(ofUser(user))
	case htpasswd.Unreadable:
		return &Refusal{Unavailable: true, RetryAfter: htpasswd.RereadAfter, Reason: v.Reason}
	default:
		return &Refusal{wrong: v.Result == htpasswd.Wrong, Reason: v.Reason}
	}
}

// Member is a listener that was admitted by a name in a mount's htpasswd file.
type Member struct {
	mount, user string
	entry       htpasswd.Entry
}

// StillMember reports whether a listener's line in the file is the one that admitted it. The
// answer is yes if the file cannot be read. It is also yes if the mount no longer has a
// file: the mount's new rules are for new listeners.
func (g *Gate) StillMember(m *Member) bool {
	file := g.Htpasswd(m.mount)
	return file == nil || file.StillHas(m.user, m.entry)
}

// MembersChanged reports whether an htpasswd file holds something else than at the last
// call that returned true for it. It must be called again and again, by one goroutine:
// see htpasswd.File.Changed.
func (g *Gate) MembersChanged() (changed bool) {
	g.mu.Lock()
	files := slices.Collect(maps.Values(g.files))
	g.mu.Unlock()
	for _, file := range files {
		changed = file.Changed() || changed
	}
	return changed
}
