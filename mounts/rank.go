package mounts

import (
	"cmp"
	"slices"
	"time"

	"relay/conf"
)

// rank orders inputs: live sources in the order of their logins, those whose
// login is no more, relays, the fallbacks in their order, music that is not among
// them, silence.
func (m *Mount) rank(in *Input) int {
	relays := len(m.Config().SourceLogins()) + 1
	place := func(name string) int {
		if at := slices.Index(m.fallbacks, name); at >= 0 {
			return relays + 1 + at
		}
		return relays + 1 + len(m.fallbacks)
	}
	switch in.Kind {
	case Live:
		at := m.login(in.User)
		if at < 0 && in.hasLogin {
			return relays - 1
		}
		return max(0, at) // a hook may let in users that are not configured: they are all first
	case Relayed, Encoded:
		return relays
	case Fallback:
		return place(in.From)
	case Files:
		return place(conf.FallbackFiles)
	}
	return relays + 2 + len(m.fallbacks)
}

// login returns the place of a user among the logins of live sources, or -1.
func (m *Mount) login(user string) int {
	return slices.IndexFunc(m.Config().SourceLogins(), func(l conf.SourceLogin) bool { return l.User == user })
}

// replaces reports whether an input would come in place of a live source, or be
// refused for it.
func (m *Mount) replaces(in *Input) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.liveOf(m.rank(in)) != nil
}

// liveOf returns the live source of a rank, or nil. m.mu is held.
func (m *Mount) liveOf(rank int) *Input {
	for _, in := range m.inputs {
		if in.Kind == Live && in.rank == rank {
			return in
		}
	}
	return nil
}

// givesWay reports whether a live source must leave the mount to another.
func (m *Mount) givesWay(old, to *Input) bool {
	switch {
	case m.Config().Takeover == conf.TakeoverNewest:
		return true
	case m.Config().Takeover == conf.TakeoverSameUser && old.User == to.User:
		return true
	}
	return time.Since(old.audioAt) >= silentAfter
}

// SetFallbacks replaces the mount's fallbacks until it ends, or others are
// configured; the caller feeds
// their streams into it.
func (m *Mount) SetFallbacks(list []string) {
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fallbacks = slices.Clone(list)
	m.reorder()
}

// settleRank gives an input its rank. m.mu is held.
func (m *Mount) settleRank(in *Input) {
	in.rank = m.rank(in)
	in.hasLogin = in.hasLogin || in.Kind == Live && m.login(in.User) >= 0
}

// reorder ranks the inputs anew. m.mu is held.
func (m *Mount) reorder() {
	for _, in := range m.inputs {
		m.settleRank(in)
	}
	slices.SortStableFunc(m.inputs, func(a, b *Input) int { return cmp.Compare(a.rank, b.rank) })
	m.choose()
}

// WhenFull returns the mount that listeners get when this one is full, or nil.
func (m *Mount) WhenFull() *Mount {
	if m.Config().FallbackFull == "" {
		return nil
	}
	return m.registry.Find(m.Config().FallbackFull)
}

// Fallbacks returns what the mount plays when there is no source, best first.
func (m *Mount) Fallbacks() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.fallbacks)
}
