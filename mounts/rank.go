package mounts

import (
	"cmp"
	"slices"
	"time"

	"relay/conf"
)

// rank orders inputs: live sources in the order of their logins, live sources whose
// login was removed, relays, the fallbacks in their order, other music, spare music,
// silence.
func (m *Mount) rank(in *Input) int {
	relays := len(m.Config().SourceLogins()) + 1
	place := func(name string) int {
		if at := slices.Index(m.fallbacks, name); at >= 0 {
			return relays + 1 + at
		}
		return relays + 1 + len(m.fallbacks)
	}
	switch in.Kind {
	case LiveSource:
		at := m.login(in.User)
		if at < 0 && in.hasLogin {
			return relays - 1
		}
		return max(0, at) // a hook may admit users that are not configured: all of them come first
	case Relayed, Encoded:
		return relays
	case Fallback:
		return place(in.From)
	case Files:
		if in.Spare {
			return relays + 2 + len(m.fallbacks)
		}
		return place(conf.FallbackFiles)
	}
	return relays + 3 + len(m.fallbacks)
}

// login returns the index of a user among the logins of live sources, or -1.
func (m *Mount) login(user string) int {
	return slices.IndexFunc(m.Config().SourceLogins(), func(l conf.SourceLogin) bool { return l.User == user })
}

// replaces reports whether an input would replace a live source, or be refused because
// of it.
func (m *Mount) replaces(in *Input) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.liveOf(m.rank(in)) != nil
}

// liveOf returns the live source with a rank, or nil. m.mu is held.
func (m *Mount) liveOf(rank int) *Input {
	for _, in := range m.inputs {
		if in.Kind == LiveSource && in.rank == rank {
			return in
		}
	}
	return nil
}

// givesWay reports whether a live source must leave the mount to another one.
func (m *Mount) givesWay(old, to *Input) bool {
	switch {
	case m.Config().Takeover == conf.TakeoverNewest:
		return true
	case m.Config().Takeover == conf.TakeoverSameUser && old.User == to.User:
		return true
	}
	return time.Since(old.audioAt) >= silentAfter
}

// SetFallbacks replaces the mount's fallbacks until it ends, or others are configured.
// The caller feeds their streams into it.
func (m *Mount) SetFallbacks(list []string) {
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fallbacks = slices.Clone(list)
	m.reorder()
}

// settleRank sets the rank of an input. m.mu is held.
func (m *Mount) settleRank(in *Input) {
	in.rank = m.rank(in)
	in.hasLogin = in.hasLogin || in.Kind == LiveSource && m.login(in.User) >= 0
}

// reorder recomputes the ranks of all inputs. m.mu is held.
func (m *Mount) reorder() {
	for _, in := range m.inputs {
		m.settleRank(in)
	}
	slices.SortStableFunc(m.inputs, func(a, b *Input) int { return cmp.Compare(a.rank, b.rank) })
	m.choose()
}

// WhenFull returns the mount to which listeners go when this one is full, or nil.
func (m *Mount) WhenFull() *Mount {
	if m.Config().FallbackFull == "" {
		return nil
	}
	return m.registry.Find(m.Config().FallbackFull)
}

// Fallbacks returns the fallbacks of the mount, best first.
func (m *Mount) Fallbacks() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.fallbacks)
}
