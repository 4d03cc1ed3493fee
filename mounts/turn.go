package mounts

import (
	"cmp"
	"time"
)

// Turn is the time for which an input is on the air.
type Turn struct {
	Mount     string
	Kind      Kind
	Addr      string // IP address it comes from; empty for the server's own
	Agent     string
	User      string // whose login it came with
	Title     Title  // what it plays as it begins
	Listeners int    // then
	Since     time.Time
	Until     time.Time // zero: it goes on
	Reason    string    // why it ended
}

// Why turns end that nobody gave a reason for.
const (
	turnEnded  = "it ended"
	turnPaused = "it had nothing to play"
	turnPassed = "a better input took the air"
)

// Turn returns whose turn it is; ok is false when nothing is on the air.
func (m *Mount) Turn() (t Turn, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.turn, m.onAir != nil
}

// Leaving notes why whoever feeds the input is about to end or pause it.
func (in *Input) Leaving(reason string) {
	in.Mount.mu.Lock()
	defer in.Mount.mu.Unlock()
	in.leaving = reason
}

// beginTurn tells that the input on the air is there. m.mu is held.
func (m *Mount) beginTurn() {
	in := m.onAir
	in.leaving = ""
	m.turn = Turn{
		Mount: m.Name, Kind: in.Kind, Addr: in.Addr, Agent: in.Station.Agent, User: in.User,
		Title: in.title, Listeners: m.Audience.Count(), Since: time.Now(),
	}
	m.registry.tellTurn(m.turn)
}

// endTurn takes the input on the air from it, and tells why. m.mu is held.
func (m *Mount) endTurn(reason string) {
	t := m.turn
	t.Until, t.Reason = time.Now(), cmp.Or(m.onAir.leaving, reason)
	if m.registry.isEnding() { // whoever feeds the input may have been told first
		t.Reason = ErrShutdown.Error()
	}
	m.onAir = nil
	m.registry.tellTurn(t)
}

// reasonOf is why an input ends for a cause or, from its own side, none.
func reasonOf(cause error) string {
	if cause == nil {
		return turnEnded
	}
	return cause.Error()
}

func (r *Registry) tellTurn(t Turn) {
	if r.OnTurn != nil {
		r.OnTurn(t)
	}
}
