package mounts

import (
	"sync/atomic"
	"time"
)

// Listener is one who listens, as statistics and operators see him. Whoever
// serves him fills it in before he joins an audience.
type Listener struct {
	Sent  atomic.Int64 // bytes, metadata included
	order atomic.Pointer[Order]
	wake  atomic.Pointer[func()] // nil: whoever serves him comes by often enough

	ID    uint64 // each is given once
	Addr  string // IP address
	Agent string
	User  string // whose login he came with
	Since time.Time
	// StillAllowed reports whether the reason for which it was let in is there still;
	// nil: always.
	StillAllowed func() bool

	// Guarded by Audience.mu.
	sentBefore int64     // bytes, on the mounts he was moved from
	settled    int64     // of what he was sent here, the bytes that the totals know
	seated     time.Time // when he came to the mount he is on
}

// Stay is how a listener stayed on one mount.
type Stay struct {
	Addr, Agent, User string
	Since             time.Time // when he came to this mount
	Sent              int64     // bytes
}

// Order is what an operator wants of a listener: to go to another mount or,
// without one, to leave. Whoever serves him carries it out.
type Order struct{ MoveTo *Mount }

var lastListenerID atomic.Uint64

// NewListenerID returns the number of a listener; each is given once.
func NewListenerID() uint64 { return lastListenerID.Add(1) }

// TakeOrder returns the order that was given since it was last asked for, or
// nil.
func (l *Listener) TakeOrder() *Order {
	if l.order.Load() == nil { // cheaper than a swap for each at every visit
		return nil
	}
	return l.order.Swap(nil)
}

// WakeToLeave has a function called, which must not wait, when he is ordered to
// leave: for those who serve him and may be waiting for him then.
func (l *Listener) WakeToLeave(wake func()) { l.wake.Store(&wake) }

// give gives him an order. One to leave stands, whatever else is wanted of him
// before he has carried it out. Audience.mu is held.
func (l *Listener) give(o Order) {
	if given := l.order.Load(); given == nil || given.MoveTo != nil {
		l.order.Store(&o)
	}
	if wake := l.wake.Load(); wake != nil && o.MoveTo == nil {
		(*wake)()
	}
}

// settle returns the bytes he was sent on the mount he is on since it was last
// called.
func (l *Listener) settle() int64 {
	here := l.sentHere()
	sent := here - l.settled
	l.settled = here
	return sent
}

// sentHere returns the bytes he was sent on the mount he is on.
func (l *Listener) sentHere() int64 { return l.Sent.Load() - l.sentBefore }

// stay is how he has stayed on the mount he is on.
func (l *Listener) stay() Stay { return Stay{l.Addr, l.Agent, l.User, l.seated, l.sentHere()} }
