package listeners

import (
	"slices"
	"testing"
)

// counts returns the numbers of listeners that are due at the next ticks.
func counts(w *wheel, ticks int64) []int {
	var due []int
	for n := int64(1); n <= ticks; n++ {
		due = append(due, w.slot(w.tick+n).count)
	}
	return due
}

func TestWheelSpreadsListeners(t *testing.T) {
	var w wheel
	for range 7 {
		w.add(&listener{}, 1, 3)
	}
	if got := counts(&w, 4); !slices.Equal(got, []int{2, 2, 3, 0}) || w.size != 7 {
		t.Errorf("%d listeners are due at %v", w.size, got)
	}
	w.add(&listener{}, 4, 4)
	w.add(&listener{}, -5, 0) // overdue: at the next tick
	w.add(&listener{}, 3*wheelSlots, 3*wheelSlots)
	if got := counts(&w, wheelSlots-1); got[0] != 3 || got[3] != 1 || got[wheelSlots-2] != 1 {
		t.Errorf("listeners are due at %v", got)
	}
}

func TestWheelTurns(t *testing.T) {
	var w wheel
	for n := int64(1); n <= 3; n++ {
		for range n {
			w.add(&listener{}, 100*n, 100*n)
		}
	}
	for n := int64(1); n <= 20; n++ { // more than a turn
		want := 100 * n
		if got := w.next(); got != want {
			t.Fatalf("tick %d is next, want %d", got, want)
		}
		for l := w.take(want); l != nil; {
			following := l.next
			w.add(l, 300, 300)
			l = following
		}
		if w.size != 6 {
			t.Fatalf("%d listeners after tick %d", w.size, want)
		}
	}
}

func TestWheelHastens(t *testing.T) {
	var w wheel
	urgent := map[*listener]bool{}
	for n := range int64(400) {
		l := &listener{}
		urgent[l] = n%2 == 0
		w.add(l, n, n)
	}
	w.hasten(func(l *listener) bool { return urgent[l] }, 8)
	for n, count := range counts(&w, 8) {
		if most := 200/8 + 1; count > most {
			t.Errorf("%d are due in %d ticks", count, n+1)
		}
	}
	seen, inTime := 0, 0
	for w.size > 0 {
		tick := w.next()
		for l := w.take(tick); l != nil; l = l.next {
			seen++
			if urgent[l] && tick <= 8 {
				inTime++
			}
		}
	}
	if seen != 400 || inTime != 200 {
		t.Errorf("%d of 200 in time, of %d", inTime, seen)
	}
}
