package mounts

import (
	"slices"
	"time"
)

// maxBrief is how many visitors that did not count are kept before they are removed.
const maxBrief = 1000

// delayedCount is the number of visitors some seconds ago: only then is it known which
// of them stayed long enough to count. Guarded by Audience.mu.
type delayedCount struct {
	changes     []countChange // changes that are not included yet, in order of time
	brief       int           // how many of these belong to visitors that do not count
	count, peak int
}

// countChange is one visitor that came or left.
type countChange struct {
	who    *visitor
	stayed time.Duration // until it left; 0: it came
}

func (c countChange) at() time.Time { return c.who.since.Add(c.stayed) }

func (t *delayedCount) come(v *visitor) {
	t.changes = append(t.changes, countChange{who: v})
}

func (t *delayedCount) leave(v *visitor, now time.Time) {
	if v.counted {
		t.changes = append(t.changes, countChange{v, max(1, now.Sub(v.since))})
		return
	}
	v.brief = true
	if t.brief++; t.brief > maxBrief && t.brief > len(t.changes)/2 {
		t.changes = slices.DeleteFunc(t.changes, func(c countChange) bool { return c.who.brief })
		t.brief = 0
	}
}

// settleCount updates the count with the visitors that are known to count by now. a.mu
// is held.
func (a *Audience) settleCount(now time.Time) {
	t, until := &a.delayed, now.Add(-a.countAfter())
	n := 0
	for _, c := range t.changes {
		if c.at().After(until) {
			break
		}
		n++
		switch {
		case c.who.brief:
			t.brief--
		case c.stayed > 0:
			t.count--
		default:
			c.who.counted = true
			t.count++
			t.peak = max(t.peak, t.count)
			if c.who.present > 0 {
				c.who.known = true
				a.unique.know(c.who.shown().person())
			}
		}
	}
	if t.changes = slices.Delete(t.changes, 0, n); len(t.changes) == 0 {
		t.changes = nil // free the memory
	}
}
