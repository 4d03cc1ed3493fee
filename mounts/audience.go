package mounts

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Errors of Audience.Join.
var (
	ErrMountFull    = errors.New("the mount has reached its limit of listeners")
	ErrServerFull   = errors.New("the server has reached its limit of listeners")
	ErrMemoryShort  = errors.New("the server is short of memory")
	ErrTooManyOfOne = errors.New("limits.listeners_per_ip: as many as may listen from this address do already; if it is a proxy, name it in server.trusted_proxies")
)

// Audience is everyone who listens to a mount. Safe for concurrent use.
type Audience struct {
	limits     func() limits
	server     *atomic.Int64 // listeners of the whole server
	households *households   // likewise
	expected   *expected     // likewise
	joined     *atomic.Int64 // all who ever joined the server

	waiting  atomic.Int64  // who would join if something played
	arrivals chan struct{} // says that somebody has come

	skips atomic.Int64 // how often a listener was moved forward
	slow  atomic.Int64 // how many were dropped for being slow

	totals *totals

	mu        sync.Mutex
	listeners map[uint64]*Listener
	crowd     crowd
	peak      int
	gone      int64 // bytes sent to those who have left
}

// limits are how many may listen at once. 0 is none, but for the server. Nobody
// else may while memory is short.
type limits struct {
	mount, server, household int
	connections              int // of a household
	memoryShort              bool
}

// Join lets l in, or says why there is no room. He gets a number if he has
// none yet.
func (a *Audience) Join(l *Listener) error {
	most := a.limits()
	if most.memoryShort {
		return ErrMemoryShort
	}
	if a.server.Add(1)+a.expected.all.Load() > int64(most.server) {
		a.server.Add(-1)
		return ErrServerFull
	}
	if !a.households.enter(l.Addr, most.household, most.server) {
		a.server.Add(-1)
		return ErrTooManyOfOne
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if most.mount > 0 && len(a.listeners) >= most.mount {
		a.server.Add(-1)
		a.households.leave(l.Addr)
		return ErrMountFull
	}
	if l.ID == 0 {
		l.ID = NewListenerID()
	}
	a.joined.Add(1)
	a.seat(l)
	return nil
}

// seat puts l on the list. a.mu is held.
func (a *Audience) seat(l *Listener) {
	l.sentBefore, l.settled, l.seated = l.Sent.Load(), 0, time.Now()
	a.listeners[l.ID] = l
	a.crowd.enter(l)
	a.totals.count(func(t *Totals) { t.Joins++ })
	a.peak = max(a.peak, len(a.listeners))
	a.ring()
}

// Leave lets l go, for one of the Leavings, and returns how he stayed; here is
// false if he was not among them. What he was sent stays counted.
func (a *Audience) Leave(l *Listener, reason string) (s Stay, here bool) {
	if s, here = a.unseat(l, reason); here {
		a.server.Add(-1)
		a.households.leave(l.Addr)
	}
	return s, here
}

func (a *Audience) unseat(l *Listener, reason string) (s Stay, here bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, here := a.listeners[l.ID]; !here {
		return Stay{}, false
	}
	delete(a.listeners, l.ID)
	a.crowd.leave(l)
	a.gone += l.sentHere()
	sent := l.settle()
	a.totals.count(func(t *Totals) {
		t.Sent += sent
		t.Leaves[reason]++
	})
	return l.stay(), true
}

// settle returns what was sent since it was last asked for, but for those who
// have left.
func (a *Audience) settle() (sent int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range a.listeners {
		sent += l.settle()
	}
	return sent
}

// MoveTo takes l over into another audience, which has no say in it, and
// returns how he stayed in this one, as Leave does.
func (a *Audience) MoveTo(other *Audience, l *Listener) (s Stay, here bool) {
	if s, here = a.unseat(l, LeftMoved); !here {
		return s, false
	}
	other.mu.Lock()
	defer other.mu.Unlock()
	other.seat(l)
	return s, true
}

// Stays returns how all who listen now have stayed so far, in no order.
func (a *Audience) Stays() []Stay {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]Stay, 0, len(a.listeners))
	for _, l := range a.listeners {
		list = append(list, l.stay())
	}
	return list
}

// Order gives one listener an order, and reports whether he is here.
func (a *Audience) Order(id uint64, o Order) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	l, here := a.listeners[id]
	if here {
		l.give(o)
	}
	return here
}

// OrderAll gives every listener an order and returns how many there are.
func (a *Audience) OrderAll(o Order) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range a.listeners {
		l.give(o)
	}
	return len(a.listeners)
}

// List returns all who listen now, in the order they came.
func (a *Audience) List() []*Listener {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]*Listener, 0, len(a.listeners))
	for _, l := range a.listeners {
		list = append(list, l)
	}
	slices.SortFunc(list, func(x, y *Listener) int { return cmp.Compare(x.ID, y.ID) })
	return list
}

// Count returns how many listen now.
func (a *Audience) Count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.listeners)
}

// Peak returns the most who ever listened at once.
func (a *Audience) Peak() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.peak
}

// Sent returns the bytes sent to all listeners, those who have left included.
func (a *Audience) Sent() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	sent := a.gone
	for _, l := range a.listeners {
		sent += l.sentHere()
	}
	return sent
}

// Skipped counts a listener who fell behind and was moved forward.
func (a *Audience) Skipped() {
	a.skips.Add(1)
	a.totals.count(func(t *Totals) { t.Skips++ })
}

// Skips returns how often a listener was moved forward.
func (a *Audience) Skips() int64 { return a.skips.Load() }

// DroppedSlow counts a listener who was dropped for being too slow.
func (a *Audience) DroppedSlow() {
	a.slow.Add(1)
	a.totals.count(func(t *Totals) { t.Slow++ })
}

// Slow returns how many listeners were dropped for being too slow.
func (a *Audience) Slow() int64 { return a.slow.Load() }
