package mounts

import (
	"time"

	"relay/codec"
)

const (
	// maxStep bounds how much silence is added, or how much audio is left out, at a
	// time.
	maxStep = 100 * time.Millisecond

	// payWithin is the time in which a debt is paid in the pauses of the programme.
	payWithin = 8 * time.Minute

	// surplusStays is how far the lead may stay above its level: a source whose clock
	// is fast would exceed it more and more.
	surplusStays = 200 * time.Millisecond

	// surplusFor is how long it may be higher before audio is left out.
	surplusFor = 5 * time.Minute

	// silentLevel is the level of units at which nobody hears a change, in dB below
	// full scale, see codec.Codec.Level.
	silentLevel = -60
)

// A pause is a search for the moment at which a stream can be made longer or shorter
// unheard: in silence, or else where the programme is quietest for a while.
type pause struct {
	began    time.Time // of the search; zero: there is none
	quietest int       // level in the first third of the search
}

// is reports whether now is the moment, given the level of the next unit. That ends the
// search. The moment comes after rest at the earliest, and after within at the latest.
func (p *pause) is(level int, now time.Time, rest, within time.Duration) bool {
	if p.began.IsZero() {
		*p = pause{began: now}
	}
	searched := now.Sub(p.began)
	switch {
	case searched < rest:
		return false
	case level <= silentLevel:
	case searched < within/3:
		p.quietest = min(p.quietest, level)
		return false
	case level > p.quietest && searched < within:
		return false
	}
	*p = pause{began: now}
	return true
}

// keepLevel corrects the lead before f, the next unit of a source that cannot play
// ahead: it adds silence if there is a debt, and leaves audio out if the source's clock
// is fast. The result reports whether f itself is to be left out. m.mu is held.
func (m *Mount) keepLevel(f codec.Unit, now time.Time) (leaveOut bool) {
	debt := m.clock.debt()
	switch {
	case m.leaving > 0:
	case m.Audience.Count() == 0:
		if m.clock.isLasting(now) {
			m.clock.forgive(now)
		}
	case debt >= minDebt && m.clock.isLasting(now):
		steps := (debt + maxStep - 1) / maxStep
		within := max(m.clock.indebted.Add(payWithin).Sub(now)/steps, time.Second)
		if m.pause.is(f.Format.Codec.Level(f), now, time.Second/2, within) {
			m.addSilence(min(debt, maxStep), now)
		}
	case m.clock.isFast(now) && f.Length <= -debt && now.Sub(m.onAir.heldAt) > time.Minute:
		if m.pause.is(f.Format.Codec.Level(f), now, 2*peakSpan, 4*peakSpan) {
			m.leaving = max(1, int(maxStep/f.Length))
		}
	default:
		m.pause = pause{}
	}
	if m.leaving == 0 {
		return false
	}
	if m.leaving--; m.leaving == 0 && !m.splicer.Intact(f) && m.pause.began.Add(time.Second).After(now) {
		m.leaving = 1
	}
	m.splicer.Skip(f)
	m.pay(LeftOut, f.Length)
	return true
}

// addSilence publishes silent units of about a length. m.mu is held.
func (m *Mount) addSilence(length time.Duration, now time.Time) {
	for length > 0 {
		played := m.playSilence(PaidInPauses, now)
		if played == 0 {
			return
		}
		length -= played
	}
}
