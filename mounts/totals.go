package mounts

import (
	"maps"
	"sync"
	"time"
)

// maxTotals is for how many ended mounts the totals are kept.
const maxTotals = 1000

// Totals are the sums under a mount's name since the server started. They continue when
// the mount ends and comes back, so that a source that keeps reconnecting shows.
type Totals struct {
	Received   int64            // bytes of units played
	Sent       int64            // bytes
	Sources    int64            // live sources that got the mount
	Reconnects int64            // sources that came back within the grace, or took over
	Joins      int64            // listeners that joined, including moved ones
	Leaves     map[string]int64 // listeners that left, by each of the DisconnectReasons
	Skips      int64            // number of times a listener fell behind and was moved forward
	Slow       int64            // listeners dropped because they accepted no data or fell behind
	Gaps       int64            // of all sources, see Reception
	Missing    time.Duration    // total of the gaps that are over
	Resyncs    int64            // of all sources
	Garbage    int64            // bytes

	Held time.Duration             // for which sources were held back
	Paid map[Payment]time.Duration // what breaks cost and how it was paid; all Payments
}

// totals are the Totals of one name. They outlive the mount, and include listeners of
// one that has ended.
type totals struct {
	mu     sync.Mutex
	counts Totals
	ended  time.Time // when the mount ended; zero: it exists. Guarded by Registry.mu
}

func (t *totals) count(change func(*Totals)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.counts)
}

// hear counts a portion from a source, and the gap that it ended, if any.
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

// Totals returns the totals under the mount's name. Like Status, it looks at every
// listener.
func (m *Mount) Totals() Totals {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle()
	return m.totals.read()
}

// Totals returns the totals under the name of a mount, which need not exist.
func (r *Registry) Totals(name string) Totals {
	r.mu.RLock()
	t := r.totals[name]
	r.mu.RUnlock()
	if t == nil {
		t = newTotals()
	}
	return t.read()
}

func newTotals() *totals {
	t := &totals{counts: Totals{Leaves: map[string]int64{}, Paid: map[Payment]time.Duration{}}, ended: time.Now()}
	for _, reason := range DisconnectReasons { // rates need a zero to begin with
		t.counts.Leaves[reason] = 0
	}
	for _, how := range Payments {
		t.counts.Paid[how] = 0
	}
	return t
}

func (t *totals) read() Totals {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts := t.counts
	counts.Leaves, counts.Paid = maps.Clone(counts.Leaves), maps.Clone(counts.Paid)
	return counts
}

// settle updates the totals with counts kept elsewhere. m.mu is held.
func (m *Mount) settle() {
	played := m.received - m.receivedBefore
	m.receivedBefore = m.received
	sent := m.Audience.settle()
	m.totals.count(func(t *Totals) {
		t.Received += played
		t.Sent += sent
	})
}

// totalsOf returns the totals of a mount, and creates them if necessary. r.mu is held.
func (r *Registry) totalsOf(name string) *totals {
	t, known := r.totals[name]
	if !known {
		r.forgetTotals()
		t = newTotals()
		r.totals[name] = t
	}
	return t
}

// forgetTotals makes room for another name, if necessary by removing the totals of the
// mount that ended first. r.mu is held.
func (r *Registry) forgetTotals() {
	if len(r.totals)-len(r.mounts) < maxTotals {
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
