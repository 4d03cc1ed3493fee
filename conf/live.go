package conf

import (
	"sync"
	"sync/atomic"
)

// Live is the configuration in force. A reload replaces it as a whole, so two calls of
// Config may return different ones. The caller must not change them. Safe for
// concurrent use.
type Live struct {
	inForce atomic.Pointer[Config]

	mu       sync.Mutex
	watching map[chan struct{}]struct{}
}

// NewLive returns a Live with c in force.
func NewLive(c *Config) *Live {
	l := &Live{watching: map[chan struct{}]struct{}{}}
	l.inForce.Store(c)
	return l
}

// Config returns the configuration that is in force now.
func (l *Live) Config() *Config { return l.inForce.Load() }

// Replace puts c in force and notifies the watchers.
func (l *Live) Replace(c *Config) {
	l.inForce.Store(c)
	l.mu.Lock()
	defer l.mu.Unlock()
	for watch := range l.watching {
		select {
		case watch <- struct{}{}:
		default:
		}
	}
}

// Watch returns a channel that receives a value after each replacement. Replacements
// that follow each other quickly may share one value. The caller must call stop.
func (l *Live) Watch() (changes <-chan struct{}, stop func()) {
	watch := make(chan struct{}, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watching[watch] = struct{}{}
	return watch, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.watching, watch)
	}
}
