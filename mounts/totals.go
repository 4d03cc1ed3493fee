package mounts

import (
	"maps"
	"sync"
	"time"
)

// mostTotals is for how many mounts that have ended it is remembered what they
// had counted.
const mostTotals = 1000

// Totals are what was counted under a mount's name since the server started. They
// go on when the mount ends and comes back, so that a source that does nothing
// but come and go shows.
type Totals struct {
	Received   int64            // bytes of frames played
	Sent       int64            // bytes
	Sources    int64            // live sources that were given the mount
	Reconnects int64            // sources that came back within the grace, or took over
	Joins      int64            // listeners who came, moved ones too
	Leaves     map[string]int64 // listeners who went, by each of the Leavings
	Skips      int64            // how often a listener fell behind and was moved forward
	Slow       int64            // listeners dropped because they took nothing or fell behind
	Gaps       int64            // of all sources, see Reception
	Missing    time.Duration    // in all gaps together, once they are over
	Resyncs    int64            // of all sources
	Garbage    int64            // bytes
}

// totals are those of one name. They outlive the mount, and listeners of one
// that has ended still count.
type totals struct {
	mu     sync.Mutex
	counts Totals
	ended  time.Time // when the mount ended; zero: it is there. Guarded by Registry.mu
}

func (t *totals) count(change func(*Totals)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.counts)
}

// hear counts what a source sent, and the gap that it ended, if any.
func (t *totals) hear(p Portion, gap time.Duration) {
	if gap == 0 && p.Resyncs == 0 && p.Garbage == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if gap > 0 {
		t.counts.Gaps++
		t.counts.Missing += gap
	}
	t.counts.Resyncs += p.Resyncs
	t.counts.Garbage += p.Garbage
}

// Totals returns what was counted under the mount's name. Like Status, it looks
// at every listener.
func (m *Mount) Totals() Totals {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle()
	m.totals.mu.Lock()
	defer m.totals.mu.Unlock()
	t := m.totals.counts
	t.Leaves = maps.Clone(t.Leaves)
	return t
}

// settle brings the totals up to date with what is counted elsewhere. m.mu is
// held.
func (m *Mount) settle() {
	played := m.received - m.receivedBefore
	m.receivedBefore = m.received
	sent := m.Audience.settle()
	m.totals.count(func(t *Totals) {
		t.Received += played
		t.Sent += sent
	})
}

// totalsOf returns the totals of a mount that may come into being. r.mu is held.
func (r *Registry) totalsOf(name string) *totals {
	t, known := r.totals[name]
	if !known {
		r.forgetTotals()
		t = &totals{counts: Totals{Leaves: map[string]int64{}}, ended: time.Now()}
		for _, reason := range Leavings { // a rate needs a zero to begin with
			t.counts.Leaves[reason] = 0
		}
		r.totals[name] = t
	}
	return t
}

// forgetTotals makes room for another name, if need be at the cost of the mount
// that has been gone for longest. r.mu is held.
func (r *Registry) forgetTotals() {
	if len(r.totals)-len(r.mounts) < mostTotals {
		return
	}
	var oldest string
	for name, t := range r.totals {
		if !t.ended.IsZero() && (oldest == "" || t.ended.Before(r.totals[oldest].ended)) {
			oldest = name
		}
	}
	delete(r.totals, oldest)
}
