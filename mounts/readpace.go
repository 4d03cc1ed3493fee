package mounts

import (
	"sync"
	"sync/atomic"
	"time"

	"relay/conf"
)

const (
	// maxReadPace is the longest time between two reads of a source: its reception is
	// measured no finer, and a longer one would look like a break.
	maxReadPace = 500 * time.Millisecond

	// maxReadBytes bounds how much audio waits for a read in the buffer of a source's
	// connection, in bytes.
	maxReadBytes = 16 << 10

	// hasteWindow is longer than any interval between two flushes of a listener.
	hasteWindow = 12 * time.Second
)

// haste is the shortest interval at which listeners of a mount are flushed. Safe for
// concurrent use; note takes no lock.
type haste struct {
	current atomic.Int64 // of this window, in nanoseconds; 0: there was none

	mu     sync.Mutex
	began  time.Time     // of this window
	before time.Duration // of the last window; 0: there was none
}

// note counts a listener that is flushed again after interval. If two notes coincide,
// the shorter may be lost until the next flush of its listener.
func (h *haste) note(interval time.Duration) {
	if least := h.current.Load(); least == 0 || int64(interval) < least {
		h.current.Store(int64(interval))
	}
}

// shortest returns the shortest interval of at least the last window; 0 if nobody
// listened.
func (h *haste) shortest(now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	current := time.Duration(h.current.Load())
	if now.Sub(h.began) > hasteWindow {
		h.before, h.began = current, now
		h.current.Store(0)
	}
	if h.before > 0 && (current == 0 || h.before < current) {
		return h.before
	}
	return current
}

// longestReadPace returns the longest time between two reads of a source.
func longestReadPace(limits *conf.Limits) time.Duration {
	return min(max(time.Duration(limits.FlushInterval), time.Duration(limits.FlushMax))/2, maxReadPace)
}

// Flushed notes that a listener is flushed again after interval. It takes no lock.
func (a *Audience) Flushed(interval time.Duration) { a.haste.note(interval) }

// ReadPace returns how long a source of the mount may wait between two reads: half the
// interval of the listener that is flushed most often. Reading sooner would gain
// nothing.
func (m *Mount) ReadPace() time.Duration {
	limits := &m.registry.conf.Config().Limits
	longest := longestReadPace(limits)
	shortest := min(time.Duration(limits.FlushInterval)/2, longest)
	pace := longest
	if interval := m.Audience.haste.shortest(time.Now()); interval > 0 {
		pace = interval / 2
	}
	return max(shortest, min(pace, longest, m.PlayingTime(maxReadBytes)))
}
