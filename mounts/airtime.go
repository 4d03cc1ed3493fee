package mounts

import (
	"cmp"
	"net/netip"
	"time"
)

// Airtime is the time for which an input is on the air.
type Airtime struct {
	Mount  string
	Kind   Kind
	Addr   netip.Addr // of the input; zero for the server's own
	Agent  string
	User   string // the user of its login
	Since  time.Time
	Until  time.Time // zero: still on the air
	Reason string    // why it ended
	Play   int64     // the current play of an airtime that goes on, see Play.ID
}

// Reasons of airtimes that end without a given reason.
const (
	turnEnded   = "it ended"
	turnPaused  = "it had nothing to play"
	turnPassed  = "a better input took the air"
	turnStalled = "it sent nothing"
	turnClashed = "its codec is not that of the mount"
)

// Airtime returns the airtime of the input on the air; ok is false when nothing is on
// the air.
func (m *Mount) Airtime() (t Airtime, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.onAir == nil {
		return Airtime{}, false
	}
	t = m.airtime
	t.Play = m.onAir.play
	return t, true
}

// SetDisconnectReason sets the reason why the caller is about to end or pause the
// input.
func (in *Input) SetDisconnectReason(reason string) {
	in.Mount.mu.Lock()
	defer in.Mount.mu.Unlock()
	in.disconnectReason = reason
}

// beginAirtime reports the airtime of the input on the air. m.mu is held.
func (m *Mount) beginAirtime() {
	in := m.onAir
	in.disconnectReason = ""
	m.airtime = Airtime{
		Mount: m.Name, Kind: in.Kind, Addr: in.Addr, Agent: in.Station.Agent, User: in.User,
		Since: time.Now(),
	}
	m.registry.tellAirtime(m.airtime)
}

// endAirtime ends the airtime of the input on the air, and reports the reason. m.mu is
// held.
func (m *Mount) endAirtime(reason string) {
	t := m.airtime
	t.Until, t.Reason = time.Now(), cmp.Or(m.onAir.disconnectReason, reason)
	if m.registry.isEnding() { // the feeder of the input may have been told first
		t.Reason = ErrShutdown.Error()
	}
	m.onAir, m.airtime = nil, t
	m.registry.tellAirtime(t)
}

// reasonOf returns why an input ends; cause is nil if it ends from its own side.
func reasonOf(cause error) string {
	if cause == nil {
		return turnEnded
	}
	return cause.Error()
}
