package hls

import "time"

const (
	// maxHead bounds the head start: a mount takes no more.
	maxHead = 5 * time.Second

	// settling is how long a mount takes a head start for its level. Until then, no more
	// is released than the head start and the time that has passed.
	settling = 2500 * time.Millisecond

	// gentleFor is how long audio is released at the speed at which it plays, after the
	// input took the air from another one. A mount takes what comes faster at that moment
	// for the burst of an upstream, and leaves it out.
	gentleFor = 1500 * time.Millisecond

	// usualRoom is the room for which a piece waits: so much more than it takes that the
	// mount neither holds it back nor takes the upstream's clock for a fast one. With the
	// lesser room it does the latter in time, and leaves out audio in the pauses of the
	// programme; with the greater one it finds a debt, and adds silence there.
	usualRoom   = 2 * quantum
	lesserRoom  = quantum + quantum/4
	greaterRoom = 3 * quantum
)

const (
	// A reserve that is never lower than many is too large: the upstream's clock is fast, or
	// a break has left something over. One that is lower than few will run dry: the
	// upstream's clock is slow. Both are in target durations; one begins with about two,
	// and no more than four are listed while no more than three are fetched ahead.
	many = 3.5
	few  = 0.25
)

// tide remembers the lowest reserve of the last looks at a playlist. Between two of them, the
// reserve rises and falls by a segment or two.
type tide struct {
	every  time.Duration // the time between two looks
	began  time.Time     // when now began
	now    time.Duration // the lowest since then
	before time.Duration // the lowest in the time before
}

// note takes the reserve at a time, and returns for which room a piece should wait.
func (t *tide) note(at time.Time, reserve time.Duration) time.Duration {
	switch span := at.Sub(t.began); {
	case t.began.IsZero():
		t.began, t.now, t.before = at, reserve, reserve
	case span >= 2*t.every:
		t.began, t.now, t.before = at, reserve, t.now
	}
	t.now = min(t.now, reserve)
	switch low := float64(min(t.now, t.before)); {
	case low > many*float64(t.every):
		return lesserRoom
	case low < few*float64(t.every):
		return greaterRoom
	}
	return usualRoom
}

// pacer decides when audio is due. Lengths in a playlist are rounded, so it asks the mount,
// which counts units, except where that would tell nothing.
type pacer struct {
	in    Input
	began time.Time
	head  time.Duration // the head start
	given time.Duration // audio that was released

	passed bool      // another input was on the air at the last look
	gentle time.Time // see gentleFor
	last   time.Time // when the last piece was released
}

// await waits until a piece is due, for which there must be some room, and reports whether
// the input still takes it.
func (p *pacer) await(length, room time.Duration) bool {
	for {
		wait := p.due(time.Now(), length, room)
		if wait <= 0 {
			break
		}
		timer := time.NewTimer(min(wait, time.Second))
		select {
		case <-timer.C:
		case <-p.in.Ended():
			timer.Stop()
			return false
		}
	}
	p.given += length
	p.last = time.Now()
	select {
	case <-p.in.Ended():
		return false
	default:
		return true
	}
}

// due returns how long to wait for a piece; not positive if it is due.
func (p *pacer) due(now time.Time, length, room time.Duration) time.Duration {
	passed := p.in.IsPassedOver()
	if p.passed && !passed {
		p.gentle = now.Add(gentleFor)
	}
	p.passed = passed
	if now.Before(p.gentle) {
		return p.last.Add(length).Sub(now)
	}
	if early := p.given + length - p.head - now.Sub(p.began); early > 0 && now.Sub(p.began) < settling {
		return early
	}
	if short := room - p.in.Room(); short > 0 {
		return max(short, 10*time.Millisecond)
	}
	return 0
}
