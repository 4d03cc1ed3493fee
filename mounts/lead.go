package mounts

import (
	"cmp"
	"time"

	"relay/codec"
)

// Lead says how much audio the listeners of a mount hold.
type Lead struct {
	Seconds float64 // held by a listener that joined with a whole burst
	Debt    float64 // seconds that breaks have cost and that are still to be paid
}

// Payment is a way to make up for what breaks have cost, or for surplus audio.
type Payment string

// The payments.
const (
	PaidAtOnce   Payment = "at once"   // by an input that can play ahead of time: files, fallbacks, silence
	PaidAtSplice Payment = "at splice" // by silence while nothing came, and before the source that came back
	PaidInPauses Payment = "in pauses" // by silent units where the programme is quiet
	LeftOut      Payment = "left out"  // surplus audio: units where the programme is quiet, or of an upstream's burst
	Repeated     Payment = "repeated"  // units that a source or upstream sent again
)

// Payments lists all payments.
var Payments = []Payment{PaidAtOnce, PaidAtSplice, PaidInPauses, LeftOut, Repeated}

// pay counts a payment.
func (m *Mount) pay(how Payment, length time.Duration) {
	if length > 0 {
		m.totals.count(func(t *Totals) { t.Paid[how] += length })
	}
}

// burstTime returns how long the burst of a new listener lasts. m.mu is held.
func (m *Mount) burstTime() time.Duration {
	k := kept{m.Burst(), int64(m.registry.conf.Config().Limits.Buffer)}
	rate := cmp.Or(m.meter.BitRate(), m.last.BitRate, int(m.bitRate.Load()), 128_000)
	lasts := func(bytes int64) time.Duration { return time.Duration(bytes) * time.Second * 8 / time.Duration(rate) }
	return min(max(time.Duration(k.burst.Time), lasts(int64(k.burst.Size))), lasts(k.most))
}

// reserve returns how far the lead may fall before listeners run dry. The next piece of a
// source that sends a second at once, such as a page of Ogg, is not missing while it is on
// its way. m.mu is held.
func (m *Mount) reserve() time.Duration {
	least := reserve(min(m.burstTime(), m.Audience.leastJoin()))
	piece := m.clock.pieceLength()
	if piece <= minReserve {
		return least
	}
	return max(least, min(piece+minReserve/2, maxGrowth))
}

// lead returns the lead of the mount. m.mu is held.
func (m *Mount) lead() (l Lead) {
	if m.clock.running() {
		burst := m.burstTime()
		l.Seconds = inSeconds(max(0, burst+m.clock.ahead(time.Now(), burst)))
		if debt := m.clock.debt(); debt >= minDebt {
			l.Debt = inSeconds(debt)
		}
	}
	return l
}

// CameAt returns when the audio at a place in time came in, as far as the server had it by
// then: a source that sends in pieces or ahead of time counts as one that sends evenly. It
// is zero before the first unit.
func (m *Mount) CameAt(played time.Duration) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.clock.running() {
		return time.Time{}
	}
	return m.clock.ends.Add(-m.clock.peak()).Add(played - m.Stream.Played())
}

// Ahead returns how far the stream is ahead of its clock: negative if the input on the
// air may play that much at once, so that listeners hold as much as they should. An
// input that can wait does so while this is positive.
func (in *Input) Ahead() time.Duration {
	m := in.Mount
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.clock.running() {
		return -m.headStart(in)
	}
	return m.clock.early(time.Now(), m.burstTime())
}

// headStart returns the lead with which an input begins a stream: one that can play
// ahead gives the first listeners a whole burst. m.mu is held.
func (m *Mount) headStart(in *Input) time.Duration {
	if !in.Kind.playsAhead() {
		return 0
	}
	return max(m.burstTime(), minReserve)
}

// startClock prepares the clock for an input that takes the air. A source that cannot
// play ahead owes nothing if nobody listens. After a silence of a mount without listeners,
// new ones get no burst, so the input may give them a head start again. m.mu is held.
func (m *Mount) startClock(in *Input, now time.Time) {
	switch burst := m.burstTime(); {
	case !m.clock.running(), m.isStale(now) && m.Audience.Count() == 0:
		m.clock.begin(now, m.headStart(in))
	case in.Kind.playsAhead():
		m.pay(PaidAtOnce, -m.clock.ahead(now, burst))
	case m.Audience.Count() == 0:
		m.clock.forgive(now)
	}
}

// bridge publishes silence until the debt is at most owed. If nobody listens, there is
// nobody to pay. m.mu is held.
func (m *Mount) bridge(now time.Time, owed time.Duration) {
	if m.Audience.Count() == 0 {
		m.clock.forgive(now)
		return
	}
	burst := m.burstTime()
	for m.clock.ahead(now, burst) < -owed {
		if m.playSilence(PaidAtSplice, now) == 0 {
			return
		}
	}
}

// playSilence publishes a silent unit, counts it as a payment and returns its length; 0:
// the stream has not begun. m.mu is held.
func (m *Mount) playSilence(how Payment, now time.Time) time.Duration {
	if m.splicer == nil {
		return 0
	}
	u, ok := m.splicer.Silence()
	if !ok {
		return 0
	}
	m.publish(u, now)
	m.pay(how, u.Length)
	return u.Length
}

// publish appends a unit, as the splicer made it, to the stream. m.mu is held.
func (m *Mount) publish(u codec.Unit, now time.Time) {
	m.Stream.append(u, m.splicer.Link())
	m.clock.publish(now, u.Length, m.burstTime())
	m.published = now
}
