package mounts

import (
	"maps"
	"time"
)

// keptTitle is the title of a live source that has left. Programs send a title when
// the song changes and at no other time, so a source that comes back within its grace,
// or takes over from itself, goes on under the title it had.
type keptTitle struct {
	Title
	until time.Time
}

// keepTitle notes the title of a live source that leaves. m.mu is held.
func (m *Mount) keepTitle(in *Input) {
	now := time.Now()
	maps.DeleteFunc(m.kept, func(_ string, k keptTitle) bool { return now.After(k.until) })
	if m.kept == nil {
		m.kept = map[string]keptTitle{}
	}
	m.kept[in.User] = keptTitle{in.latestTitle(), now.Add(time.Duration(m.Config().Grace))}
}

// restoreTitle gives a live source that comes the title of the last one with the same
// login, if that left within its grace or is replaced by it right now. m.mu is held.
func (m *Mount) restoreTitle(in, replaced *Input) {
	kept, found := m.kept[in.User]
	delete(m.kept, in.User)
	if found && !time.Now().After(kept.until) || replaced != nil && replaced.User == in.User {
		in.title = kept.Title
	}
}

// latestTitle returns the title that was set last, though it may have to wait for its
// time. m.mu is held.
func (in *Input) latestTitle() Title {
	if in.late != nil {
		return *in.late
	}
	return in.title
}
