package mounts

import (
	"time"

	"go.uber.org/zap"
)

// stallAfter is how long an input on the air may write nothing before another one that
// has something to play takes its place.
const stallAfter = 3 * time.Second

// bridgeEvery is how much silence is published at once while nothing comes. lookEvery is
// the shortest time between two looks at a mount.
const (
	bridgeEvery = 500 * time.Millisecond
	lookEvery   = 250 * time.Millisecond
)

// watch looks after a mount between the writes of its inputs: it notices that the input
// on the air has stalled, and that listeners are about to run dry. It looks at the
// earliest time at which either can be the case. m.mu is held.
func (m *Mount) watch(now time.Time) {
	if !m.isAwaited() || m.watcher != nil {
		return
	}
	m.watcher = time.AfterFunc(m.nextLook(now), m.look)
}

// isAwaited reports whether the stream goes on, or may do so within moments. m.mu is
// held.
func (m *Mount) isAwaited() bool { return m.onAir != nil || m.grace != nil || m.called != nil }

// nextLook returns the time until the mount needs a look. m.mu is held.
func (m *Mount) nextLook(now time.Time) time.Duration {
	next := m.reserve()
	if m.clock.running() {
		next += m.clock.ahead(now, m.burstTime())
	}
	if m.onAir != nil {
		next = min(next, stallAfter-m.silentFor(now))
	}
	return max(next, lookEvery)
}

// look is called by the watcher.
func (m *Mount) look() {
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watcher = nil
	if m.Stream.Ended() {
		return
	}
	now := time.Now()
	m.passStalled(now)
	if m.clock.running() && m.isAwaited() {
		m.bridgeGap(now)
	}
	m.watch(now)
}

// bridgeGap publishes silence if listeners are about to run dry. m.mu is held.
func (m *Mount) bridgeGap(now time.Time) {
	if most := m.reserve(); m.clock.ahead(now, m.burstTime()) < -most {
		m.bridge(now, most-bridgeEvery)
	}
}

// passStalled gives the air to the next input that has something to play if the one on
// the air has stalled. It has the air again with its next unit. m.mu is held.
func (m *Mount) passStalled(now time.Time) {
	in := m.onAir
	if in == nil || m.silentFor(now) < stallAfter || !m.hasOther(in) {
		return
	}
	m.say(zap.WarnLevel, "the input on the air sends nothing: another one plays until it does",
		zap.Stringer("input", in.Kind), zap.String("name", in.Station.Name))
	in.playing = false
	in.leaveAir()
	m.endAirtime(turnStalled)
	m.choose()
}

// silentFor returns how long the input on the air has played nothing. m.mu is held.
func (m *Mount) silentFor(now time.Time) time.Duration {
	if m.lastFrame.After(m.airtime.Since) {
		return now.Sub(m.lastFrame)
	}
	return now.Sub(m.airtime.Since)
}

// hasOther reports whether an input other than in has something to play. m.mu is held.
func (m *Mount) hasOther(in *Input) bool {
	for _, other := range m.inputs {
		if other != in && other.playing && !(other.Kind <= Fallback && other.clashes(other.came)) {
			return true
		}
	}
	return false
}

// stopWatching ends the watcher. m.mu is held.
func (m *Mount) stopWatching() {
	if m.watcher != nil {
		m.watcher.Stop()
		m.watcher = nil
	}
}
