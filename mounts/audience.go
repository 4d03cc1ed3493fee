package mounts

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Errors of Audience.Join.
var (
	ErrMountFull  = errors.New("the mount has reached its limit of listeners")
	ErrServerFull = errors.New("the server has reached its limit of listeners")
)

// Listener is one who listens, as statistics and operators see him.
type Listener struct {
	Sent atomic.Int64 // bytes, metadata included

	ID    uint64
	Addr  string // IP address
	Agent string
	Since time.Time
}

// Audience is everyone who listens to a mount. Safe for concurrent use.
type Audience struct {
	limit  int           // 0: none
	server *atomic.Int64 // listeners of the whole server
	total  int64         // its limit

	skips atomic.Int64 // how often a listener was moved forward

	mu        sync.Mutex
	listeners map[uint64]*Listener
	peak      int
	gone      int64 // bytes sent to those who have left
}

var lastListenerID atomic.Uint64

// Join lets l in and gives him a number, or says why there is no room.
func (a *Audience) Join(l *Listener) error {
	if a.server.Add(1) > a.total {
		a.server.Add(-1)
		return ErrServerFull
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.limit > 0 && len(a.listeners) >= a.limit {
		a.server.Add(-1)
		return ErrMountFull
	}
	l.ID = lastListenerID.Add(1)
	a.listeners[l.ID] = l
	a.peak = max(a.peak, len(a.listeners))
	return nil
}

// Leave lets l go. What he was sent stays counted.
func (a *Audience) Leave(l *Listener) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, here := a.listeners[l.ID]; !here {
		return
	}
	delete(a.listeners, l.ID)
	a.gone += l.Sent.Load()
	a.server.Add(-1)
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
		sent += l.Sent.Load()
	}
	return sent
}

// Skipped counts a listener who fell behind and was moved forward.
func (a *Audience) Skipped() { a.skips.Add(1) }

// Skips returns how often a listener was moved forward.
func (a *Audience) Skips() int64 { return a.skips.Load() }
