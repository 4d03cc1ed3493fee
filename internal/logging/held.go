package logging

import (
	"sync"
	"sync/atomic"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Held has lines that come up under a lock until they can be logged without it.
// No package logs while it holds a lock:
//
//	defer x.held.Write() // runs when the lock is released
//	x.mu.Lock()
//	defer x.mu.Unlock()
//	…
//	x.held.Add(x.log.Check(zap.InfoLevel, "message"), zap.String("mount", name))
//
// Lines are logged in the order in which they came. The zero value is ready to
// use. Safe for concurrent use.
type Held struct {
	waiting atomic.Bool // there are lines; spares Write the lock, which runs for each frame of a source

	mu      sync.Mutex
	lines   []heldLine
	writing bool // a goroutine is about to write all of them
}

type heldLine struct {
	entry  *zapcore.CheckedEntry
	fields []zap.Field
}

// Add holds a line. entry is what Logger.Check returned, and may be nil.
func (h *Held) Add(entry *zapcore.CheckedEntry, fields ...zap.Field) {
	if entry == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, heldLine{entry, fields})
	h.waiting.Store(true)
}

// Write logs the lines that are held, unless another goroutine is at it: that
// one logs them all.
func (h *Held) Write() {
	if !h.waiting.Load() {
		return
	}
	h.mu.Lock()
	if h.writing {
		h.mu.Unlock()
		return
	}
	h.writing = true
	for len(h.lines) > 0 {
		lines := h.lines
		h.lines = nil
		h.waiting.Store(false)
		h.mu.Unlock()
		for _, l := range lines {
			l.entry.Write(l.fields...)
		}
		h.mu.Lock()
	}
	h.writing = false
	h.mu.Unlock()
}
