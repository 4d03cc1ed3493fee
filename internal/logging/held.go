package logging

import (
	"sync"
	"sync/atomic"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Held keeps lines that are produced under a lock until they can be logged without it.
// No package logs while it holds a lock:
//
//	defer x.held.Write() // runs when the lock is released
//	x.mu.Lock()
//	defer x.mu.Unlock()
//	…
//	x.held.Add(x.log.Check(zap.InfoLevel, "message"), zap.String("mount", name))
//
// Lines are logged in the order in which they were added. The zero value is ready to
// use. Safe for concurrent use.
type Held struct {
	waiting atomic.Bool // there are lines; spares Write, which runs for each frame of a source, the lock

	mu      sync.Mutex
	lines   []heldLine
	writing bool // a goroutine is about to write all lines
}

// heldLine is a line, or a call in its place among the lines.
type heldLine struct {
	entry  *zapcore.CheckedEntry
	fields []zap.Field
	call   func() // nil: a line
}

// Add keeps a line. entry is the result of Logger.Check, and may be nil.
func (h *Held) Add(entry *zapcore.CheckedEntry, fields ...zap.Field) {
	if entry == nil {
		return
	}
	h.hold(heldLine{entry: entry, fields: fields})
}

// Call keeps a call of a function that logs or must not be called under the lock. It is
// made after the lines that were added before it.
func (h *Held) Call(call func()) { h.hold(heldLine{call: call}) }

func (h *Held) hold(l heldLine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, l)
	h.waiting.Store(true)
}

// Write logs the kept lines and makes the calls, unless another goroutine is already
// doing it: then that goroutine does all of it.
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
			if l.call != nil {
				l.call()
				continue
			}
			l.entry.Write(l.fields...)
		}
		h.mu.Lock()
	}
	h.writing = false
	h.mu.Unlock()
}
