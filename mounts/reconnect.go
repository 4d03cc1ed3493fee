package mounts

import (
	"slices"
	"time"

	"go.uber.org/zap"

	"relay/codec"
)

const (
	// recentFor is how long after its last unit an input that connects anew is checked
	// for units that it sends again: no burst reaches back further.
	recentFor = time.Minute

	// matchFor bounds how long units are held in doubt: an input may send in real time
	// what it has sent before, such as a file from its beginning.
	matchFor = 3 * time.Second

	// burstFor is how long after the first new unit of a new connection the burst of
	// an upstream may last, and maxBurst how long its audio.
	burstFor = time.Second
	maxBurst = 30 * time.Second
)

// heardFrames is what listeners heard of a live source or relay, and the search for it
// in what comes after it has connected anew. Guarded by Mount.mu.
type heardFrames struct {
	recent *recent   // nil for inputs of the server's own
	until  time.Time // when recent is too old
	repeat *repeat   // nil: all units are new
	began  time.Time // when repeat took its first unit; zero: not yet

	bursts bool          // a burst follows: it has sent again what was heard, or something else played until now
	fresh  time.Time     // when the first new unit of this connection came; zero: not yet
	cut    time.Duration // how much of the burst was left out
}

// add remembers a unit that is played now.
func (h *heardFrames) add(f codec.Unit, now time.Time) {
	if h.recent != nil {
		h.recent.add(f)
		h.until = now.Add(recentFor)
	}
}

// expectRepeat prepares for an input that connects anew and may send its last units
// again.
func (h *heardFrames) expectRepeat(now time.Time) {
	h.repeat, h.began = nil, time.Time{}
	h.bursts, h.fresh, h.cut = false, time.Time{}, 0
	if h.recent != nil && now.Before(h.until) {
		h.repeat = h.recent.match()
	}
}

// expectBurst prepares for what an upstream sends at once, although something else has
// played until now. m.mu is held.
func (in *Input) expectBurst(now time.Time) {
	if in.Kind == Relayed {
		in.bursts, in.fresh = true, now
	}
}

// mayBurst reports whether what comes may be the burst with which an upstream begins a
// connection. Its surplus is left out, not held back: held back, it would
// delay the stream for as long as the connection lasts.
func (in *Input) mayBurst(now time.Time) bool {
	h := &in.heardFrames
	isNew := h.fresh.IsZero() || now.Sub(h.fresh) < burstFor
	return in.Kind == Relayed && h.bursts && isNew && h.cut < maxBurst
}

// leaveOutBurst reports whether a unit is surplus of a burst. m.mu is held.
func (in *Input) leaveOutBurst(f codec.Unit, now time.Time) bool {
	if !in.mayBurst(now) {
		in.bursts = false
		return false
	}
	return in.leaveOutSurplus(f, now)
}

// leaveOutSurplus reports whether there is no room for a unit of a burst. m.mu is held.
func (in *Input) leaveOutSurplus(f codec.Unit, now time.Time) bool {
	m := in.Mount
	if m.onAir != in || m.clock.room(now, m.burstTime()) > 0 {
		return false
	}
	in.cut += f.Length
	m.pay(LeftOut, f.Length)
	m.splicer.Cut()
	return true
}

// leaveOutRepeated returns the units to play in place of f, which may be the repeat of
// one that listeners already have. m.mu is held.
func (in *Input) leaveOutRepeated(f codec.Unit, now time.Time) []codec.Unit {
	h := &in.heardFrames
	if h.began.IsZero() {
		h.began = now
	}
	before := h.repeat.leftOut
	frames := h.repeat.next(f)
	if left := h.repeat.leftOut - before; left > 0 {
		in.Mount.pay(Repeated, left)
		in.Mount.say(zap.InfoLevel, "the input sends again what listeners already have: it is left out",
			zap.Stringer("input", in.Kind), zap.Duration("length", left.Round(time.Millisecond)))
	}
	if !h.repeat.settled && len(h.repeat.held) > 0 && now.Sub(h.began) > matchFor {
		frames = append(slices.Clone(frames), h.repeat.giveUp()...)
	}
	h.bursts = h.bursts || h.repeat.complete
	if h.repeat.settled {
		h.repeat = nil
	}
	return frames
}

// leaveOutExcess returns the units to play of those that come at once, because it was in
// doubt whether listeners already have them. Something else has played meanwhile, or they
// are a burst: the surplus is left out at the splice, the earliest units first.
// m.mu is held.
func (in *Input) leaveOutExcess(frames []codec.Unit, now time.Time) []codec.Unit {
	m := in.Mount
	if len(frames) < 2 || m.onAir != nil && m.onAir.rank < in.rank {
		return frames
	}
	var length time.Duration
	for _, f := range frames {
		length += f.Length
	}
	excess := length - m.clock.room(now, m.burstTime())
	for len(frames) > 1 && excess > 0 {
		excess -= frames[0].Length
		m.pay(LeftOut, frames[0].Length)
		frames = frames[1:]
		frames[0].Gap = true
	}
	return frames
}
