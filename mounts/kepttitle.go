package mounts

import (
	"maps"
	"time"
)

// keptTitle is the title of a live source that has left. Programs send a title only
// when the song changes, so a source that comes back within its grace, or takes over
// from itself, keeps the title it had.
type keptTitle struct {
	Title
	id    int64 // of its play
	named play
	heard heardFrames
	until time.Time
}

// keepTitle stores the title of a live source that leaves, also one that still waits
// for its time. m.mu is held.
func (m *Mount) keepTitle(in *Input) {
	now := time.Now()
	maps.DeleteFunc(m.kept, func(_ string, k keptTitle) bool { return now.After(k.until) && now.After(k.heard.until) })
	if m.kept == nil {
		m.kept = map[string]keptTitle{}
	}
	if in.late != nil {
		in.takeOn(in.late.Title, in.late.play)
	}
	m.kept[in.User] = keptTitle{in.title, in.play, in.named, in.heardFrames, now.Add(time.Duration(m.Config().Grace))}
}

// restoreTitle gives a new live source the title of the last one with the same login,
// if that left within its grace or is being replaced by it. The play goes on, although
// the program may send its title again when it connects. m.mu is held.
func (m *Mount) restoreTitle(in, replaced *Input) {
	kept, found := m.kept[in.User]
	delete(m.kept, in.User)
	now := time.Now()
	if found && now.Before(kept.heard.until) {
		in.heardFrames = kept.heard
		in.expectRepeat(now)
	}
	if found && !now.After(kept.until) || replaced != nil && replaced.User == in.User {
		in.title, in.play, in.named = kept.Title, kept.id, kept.named
		in.named.sent = now
	}
}
