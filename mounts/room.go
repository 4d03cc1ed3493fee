package mounts

import (
	"time"

	"go.uber.org/zap"

	"relay/internal/netconn"
)

// roomEvery is the shortest wait for room: the feeder of an input need not wake for
// every unit, nor more often than listeners are flushed.
const roomEvery = 100 * time.Millisecond

// heldAfter is how long an input must have been held back before the operator is told:
// a head start is no fault.
const heldAfter = 5 * time.Second

// room returns how much may be published now. A source, or the server that a relay
// pulls from, may begin with a head start; after that its audio must not come faster
// than it is heard, or listeners would be further and further behind it.
func (c *clock) room(now time.Time, burst time.Duration) time.Duration {
	switch {
	case !c.running():
		return maxHeadStart
	case c.settles(now):
		return max(c.goal, maxHeadStart) - c.lead(now, burst)
	default:
		return c.level + maxSurplus - c.lead(now, burst)
	}
}

// Room returns how much audio the input may write now; not positive if it should wait.
// An input that is not on the air may be ahead of its own time, and so may one that is
// converted: its audio reaches the stream later. An input that repeats what it has sent
// before, or begins with a burst, is not held back until the repeat or burst is over.
func (in *Input) Room() time.Duration {
	m := in.Mount
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	own := maxHeadStart - max(0, in.ends.Sub(now))
	switch {
	case in.repeat != nil && !in.repeat.passed, in.mayBurst(now):
		return maxHeadStart
	case m.onAir != in:
		return own
	case in.by != nil:
		return min(own, m.clock.room(now, m.burstTime()))
	}
	return m.clock.room(now, m.burstTime())
}

// AwaitRoom returns when the input may write more, or has ended. Its feeder does not
// read meanwhile, so that TCP holds back the sender.
func (in *Input) AwaitRoom() {
	var timer *time.Timer
	for {
		room := in.Room()
		if room > 0 {
			return
		}
		wait := max(-room, roomEvery, in.Mount.ReadPace())
		if timer == nil {
			timer = time.NewTimer(wait)
			defer timer.Stop()
		} else {
			timer.Reset(wait)
		}
		select {
		case <-timer.C:
			in.heldFor(wait)
		case <-in.end:
			return
		}
	}
}

// heldFor counts the time for which the input was held back.
func (in *Input) heldFor(wait time.Duration) {
	m := in.Mount
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	before := in.heldBack
	in.heldBack += wait
	in.heldAt = time.Now()
	m.totals.count(func(t *Totals) { t.Held += wait })
	if before < heldAfter && in.heldBack >= heldAfter {
		m.say(zap.WarnLevel, "the source is ahead of its audio: it is held back; with ffmpeg, add -re",
			zap.Stringer("input", in.Kind), zap.String("ip", netconn.Text(in.Addr)), zap.String("agent", in.Station.Agent))
	}
}
