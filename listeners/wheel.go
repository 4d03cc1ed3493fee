package listeners

import "time"

const (
	// slotTime is the time between two ticks of a wheel.
	slotTime = 25 * time.Millisecond

	// wheelSlots bounds how far ahead a listener can be due: 12.8 s, more than twice the
	// longest interval that can be configured.
	wheelSlots = 512
)

// A wheel holds listeners by the tick at which they are due. The listeners of a slot form
// a list through listener.next, so that nothing is allocated. Slot i has those of the
// ticks t with t mod wheelSlots = i.
type wheel struct {
	slots [wheelSlots]slot
	tick  int64 // the last tick that is over
	size  int   // listeners in all slots
}

type slot struct {
	first *listener
	count int
}

func (w *wheel) slot(tick int64) *slot { return &w.slots[tick%wheelSlots] }

// add makes l due within the next earliest to latest ticks, at the tick with the fewest
// listeners; among equal ones it takes the latest.
func (w *wheel) add(l *listener, earliest, latest int64) {
	latest = min(max(1, latest), wheelSlots-1)
	least := w.slot(w.tick + latest)
	for n := latest - 1; n >= max(1, earliest); n-- {
		if s := w.slot(w.tick + n); s.count < least.count {
			least = s
		}
	}
	l.next, least.first = least.first, l
	least.count++
	w.size++
}

// advance moves on to a tick, or as far as no listener is due.
func (w *wheel) advance(tick int64) {
	if w.size == 0 {
		w.tick = max(w.tick, tick)
	}
	for w.tick < tick && w.slot(w.tick+1).count == 0 {
		w.tick++
	}
}

// take removes the listeners of a tick and returns them as a list. All later calls
// count from that tick.
func (w *wheel) take(tick int64) *listener {
	w.tick = tick
	s := w.slot(tick)
	first := s.first
	w.size -= s.count
	*s = slot{}
	return first
}

// next returns the next tick that has listeners, or the one a whole turn ahead.
func (w *wheel) next() int64 {
	tick := w.tick + 1
	for tick < w.tick+wheelSlots && w.slot(tick).count == 0 {
		tick++
	}
	return tick
}

// hasten makes the listeners that are urgent due within so many ticks.
func (w *wheel) hasten(urgent func(*listener) bool, latest int64) {
	var hurried *listener
	for i := range w.slots {
		s := &w.slots[i]
		for at := &s.first; *at != nil; {
			l := *at
			if !urgent(l) {
				at = &l.next
				continue
			}
			*at = l.next
			s.count--
			w.size--
			l.next, hurried = hurried, l
		}
	}
	for l := hurried; l != nil; {
		following := l.next
		w.add(l, 1, latest)
		l = following
	}
}
