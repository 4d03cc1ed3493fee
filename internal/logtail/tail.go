// Package logtail keeps the last lines of the program's own log in memory, for the
// admin page and the API.
//
//	in:   lines of the log, from its zap core
//	out:  the last lines, and a signal when new ones have come
//
// It does no I/O, starts no goroutine, and never makes logging wait for a reader.
package logtail

import (
	"strings"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"
)

// maxText is the maximum stored length of a message or of a text among its fields, in
// bytes: some of them come from clients.
const maxText = 1000

// Line is one line of the program's own log. Durations in its fields are in seconds.
type Line struct {
	Time    time.Time      `json:"time"`
	Level   string         `json:"level"`
	Message string         `json:"message"`
	Fields  map[string]any `json:"fields"` // must not be changed
}

// Tail holds the last lines. Logging never waits for readers. Safe for concurrent use.
type Tail struct {
	level zapcore.LevelEnabler

	mu       sync.Mutex
	lines    []Line // a ring: line number n is at index n modulo its length
	end      int64  // the number of the next line; the first line has 0
	watching map[chan struct{}]struct{}
}

// New returns a tail that keeps that many lines, of those that level allows.
func New(level zapcore.LevelEnabler, lines int) *Tail {
	return &Tail{level: level, lines: make([]Line, lines), watching: map[chan struct{}]struct{}{}}
}

// Core returns a core that passes every line to the tail. Use it in addition to the
// core that writes them.
func (t *Tail) Core() zapcore.Core { return &tailCore{LevelEnabler: t.level, tail: t} }

// Last returns the last n lines, or fewer if there are fewer, oldest first, and the
// number of the next line.
func (t *Tail) Last(n int) (lines []Line, next int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines, _, next = t.since(t.end - int64(max(0, n)))
	return lines, next
}

// Since returns the lines from a number on, oldest first, how many of these are no
// longer kept, and the number of the next line.
func (t *Tail) Since(number int64) (lines []Line, lost, next int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.since(number)
}

func (t *Tail) since(number int64) (lines []Line, lost, next int64) {
	from := max(number, t.end-int64(len(t.lines)), 0)
	lines = make([]Line, 0, max(0, t.end-from))
	for n := from; n < t.end; n++ {
		lines = append(lines, t.lines[n%int64(len(t.lines))])
	}
	return lines, max(0, from-max(0, number)), t.end
}

// Watch returns a channel that receives a value after new lines. Several lines may
// share one value; Since returns them. The caller must call stop.
func (t *Tail) Watch() (news <-chan struct{}, stop func()) {
	watch := make(chan struct{}, 1)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watching[watch] = struct{}{}
	return watch, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.watching, watch)
	}
}

func (t *Tail) add(l Line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines[t.end%int64(len(t.lines))] = l
	t.end++
	for watch := range t.watching {
		select {
		case watch <- struct{}{}:
		default:
		}
	}
}

// tailCore is a Tail as a zap core, with the fields that all its lines have.
type tailCore struct {
	zapcore.LevelEnabler
	tail   *Tail
	fields []zapcore.Field
}

func (c *tailCore) With(fields []zapcore.Field) zapcore.Core {
	with := *c
	with.fields = append(c.fields[:len(c.fields):len(c.fields)], fields...)
	return &with
}

func (c *tailCore) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

func (c *tailCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	encoder := zapcore.NewMapObjectEncoder()
	for _, list := range [][]zapcore.Field{c.fields, fields} {
		for _, f := range list {
			f.AddTo(encoder)
		}
	}
	for key, value := range encoder.Fields {
		switch v := value.(type) {
		case string:
			encoder.Fields[key] = short(v)
		case time.Duration:
			encoder.Fields[key] = float64(v) / float64(time.Second)
		}
	}
	c.tail.add(Line{e.Time, e.Level.String(), short(e.Message), encoder.Fields})
	return nil
}

func (c *tailCore) Sync() error { return nil }

// short returns a copy of at most maxText bytes, which does not keep s alive.
func short(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(strings.Clone(s[:maxText]), "") + "…"
}
