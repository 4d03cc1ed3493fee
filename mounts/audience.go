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
	ErrTooManyOfOne = errors.New("limits.listeners_per_ip: too many listeners from this address; if it is a proxy, name it in server.trusted_proxies")
)

// Audience is the set of listeners of a mount. Safe for concurrent use.
type Audience struct {
	limits     func() limits
	countAfter func() time.Duration // the minimum length of a session that counts
	server     *atomic.Int64        // connections of listeners of the whole server
	people     *atomic.Int64        // listeners of the whole server
	clients    *clientLimiter       // of the whole server
	expected   *expected            // of the whole server
	joined     *atomic.Int64        // number of joins of the whole server

	waiting     atomic.Int64  // listeners that would join if something played
	newListener chan struct{} // signals that a listener has come

	skips atomic.Int64 // number of times a listener was moved forward
	slow  atomic.Int64 // number of listeners dropped for being slow

	haste  haste
	totals *totals
	told   func(s Session, reason string) // called with every session that ends

	mu        sync.Mutex
	listeners map[uint64]*Listener
	visitors  int                  // twin connections count as one
	via       [len(Ways)]int       // visitors by the way in which they listen
	playbacks map[twinKey]*visitor // visitors that may get a twin connection
	unique    uniqueCounter
	delayed   delayedCount
	early     earlyJoins
	gone      int64 // bytes sent to listeners that have left
}

// limits are the maximum numbers of listeners. 0 means no limit, except for the server.
// No listener may join while memory is short.
type limits struct {
	mount, server, perClient int
	connections              int // of a client prefix
	memoryShort              bool
}

// Join adds l, or returns why there is no room. l gets a number if it has none. A twin
// connection takes a place only in the server's limit.
func (a *Audience) Join(l *Listener) error {
	most := a.limits()
	if most.memoryShort {
		return ErrMemoryShort
	}
	if a.server.Add(1)+a.expected.all.Load() > int64(most.server) {
		a.server.Add(-1)
		return ErrServerFull
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.twinsOf(l, time.Now()) == nil {
		if !a.clients.enter(l.Addr, most.perClient, most.server) {
			a.server.Add(-1)
			return ErrTooManyOfOne
		}
		if most.mount > 0 && a.visitors >= most.mount {
			a.server.Add(-1)
			a.clients.leave(l.Addr)
			return ErrMountFull
		}
	}
	if l.ID == 0 {
		l.ID = NewListenerID()
	}
	a.joined.Add(1)
	a.seat(l)
	return nil
}

// seat adds l to the list. a.mu is held.
func (a *Audience) seat(l *Listener) {
	now := time.Now()
	l.sentBefore, l.settled = l.Sent.Load(), 0
	a.listeners[l.ID] = l
	a.settleCount(now)
	a.enter(l, now)
	a.totals.count(func(t *Totals) { t.Joins++ })
	a.ring()
}

// Leave removes l for one of the DisconnectReasons, and returns its session; here is
// false if it was not a listener of this mount. The bytes sent to it stay counted.
func (a *Audience) Leave(l *Listener, reason string) (s Session, here bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, here, left := a.unseat(l, reason)
	if here {
		a.server.Add(-1)
	}
	if left {
		a.clients.leave(l.Addr)
	}
	return s, here
}

// unseat removes l from the list. If that ends a session that counts, it is reported in
// the same step: a caller of Stays either sees the session or has been told of it. left
// reports that no twin of l remains. a.mu is held.
func (a *Audience) unseat(l *Listener, reason string) (s Session, here, left bool) {
	if _, here := a.listeners[l.ID]; !here {
		return Session{}, false, false
	}
	delete(a.listeners, l.ID)
	now := time.Now()
	a.settleCount(now)
	left = a.exit(l, now)
	s = l.visitor.stay(l, now, a.countAfter())
	s.Counts = s.Counts && left
	a.gone += l.sentHere()
	sent := l.settle()
	a.totals.count(func(t *Totals) {
		t.Sent += sent
		t.Leaves[reason]++
	})
	if s.Counts {
		a.told(s, reason)
	}
	return s, true, left
}

// settle returns the bytes sent since its last call, without those to listeners that
// have left.
func (a *Audience) settle() (sent int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range a.listeners {
		sent += l.settle()
	}
	return sent
}

// MoveTo moves l to another audience, whose limits do not apply, and returns its
// session in this one, as Leave does.
func (a *Audience) MoveTo(other *Audience, l *Listener) (s Session, here bool) {
	a.mu.Lock()
	s, here, left := a.unseat(l, LeftMoved)
	a.mu.Unlock()
	if !here {
		return s, false
	}
	other.mu.Lock()
	defer other.mu.Unlock()
	other.seat(l)
	switch alone := l.visitor.present == 1; {
	case alone && !left: // from now on they are two listeners of one client
		a.clients.enter(l.Addr, 0, 0)
	case !alone && left:
		a.clients.leave(l.Addr)
	}
	return s, true
}

// Stays returns the current sessions of all listeners that count by now, in no
// particular order.
func (a *Audience) Stays() []Session {
	now, countAfter := time.Now(), a.countAfter()
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]Session, 0, a.visitors)
	for _, l := range a.listeners {
		if l.visitor.shown() != l {
			continue
		}
		if s := l.visitor.stay(l, now, countAfter); s.Counts {
			list = append(list, s)
		}
	}
	return list
}

// Order gives one listener an order, over all its connections, and reports whether it
// was found.
func (a *Audience) Order(id uint64, o Order) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	l, here := a.listeners[id]
	if here {
		for _, twin := range l.visitor.members() {
			twin.give(o)
		}
	}
	return here
}

// OrderAll gives every listener an order and returns the number of listeners.
func (a *Audience) OrderAll(o Order) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range a.listeners {
		l.give(o)
	}
	return a.visitors
}

// WakeFor sets a function that is called when l gets an order, and when its stream ends,
// in case the server of l is waiting then; leave reports an order to leave. The function
// must not wait.
func (a *Audience) WakeFor(l *Listener, wake func(leave bool)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l.wake = wake
}

// wakeAll tells the servers of all listeners that the stream has ended.
func (a *Audience) wakeAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range a.listeners {
		if l.wake != nil {
			l.wake(false)
		}
	}
}

// List returns all listeners in the order in which they came. The connection that plays
// stands for its twins.
func (a *Audience) List() []*Listener {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]*Listener, 0, a.visitors)
	for _, l := range a.listeners {
		if l.visitor.shown() == l {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(x, y *Listener) int { return cmp.Compare(x.ID, y.ID) })
	return list
}

// Count returns the number of listeners.
func (a *Audience) Count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.visitors
}

// byWay returns the number of listeners by the way in which they listen.
func (a *Audience) byWay() [len(Ways)]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.via
}

// Peak returns the maximum number of simultaneous listeners, of those that count.
func (a *Audience) Peak() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.settleCount(time.Now())
	return a.delayed.peak
}

// Sent returns the bytes sent to all listeners, including those that have left.
func (a *Audience) Sent() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	sent := a.gone
	for _, l := range a.listeners {
		sent += l.sentHere()
	}
	return sent
}

// Skipped counts a listener that fell behind and was moved forward.
func (a *Audience) Skipped() {
	a.skips.Add(1)
	a.totals.count(func(t *Totals) { t.Skips++ })
}

// Skips returns the number of times a listener was moved forward.
func (a *Audience) Skips() int64 { return a.skips.Load() }

// DroppedSlow counts a listener that was dropped for being too slow.
func (a *Audience) DroppedSlow() {
	a.slow.Add(1)
	a.totals.count(func(t *Totals) { t.Slow++ })
}

// Slow returns how many listeners were dropped for being too slow.
func (a *Audience) Slow() int64 { return a.slow.Load() }
