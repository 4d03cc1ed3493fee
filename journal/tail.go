package journal

import (
	"strings"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"
)

// longestText bounds a message or a word in it that is kept in memory, in
// bytes: clients choose some of them.
const longestText = 1000

// Line is one line of the program's own log. Durations among its fields are
// seconds.
type Line struct {
	Time    time.Time      `json:"time"`
	Level   string         `json:"level"`
	Message string         `json:"message"`
	Fields  map[string]any `json:"fields"` // must not be changed
}

// Tail keeps the last lines of the program's own log in memory. Whoever logs
// never waits for those who read. Safe for concurrent use.
type Tail struct {
	level zapcore.LevelEnabler

	mu       sync.Mutex
	lines    []Line // a ring: line number n is at n modulo its length
	end      int64  // the number of the next line; the first is 0
	watching map[chan struct{}]struct{}
}

// NewTail returns a tail that keeps so many lines, of those that level lets
// pass.
func NewTail(level zapcore.LevelEnabler, lines int) *Tail {
	return &Tail{level: level, lines: make([]Line, lines), watching: map[chan struct{}]struct{}{}}
}

// Core returns what has to be told of every line, beside the core that writes
// them.
func (t *Tail) Core() zapcore.Core { return &tailCore{LevelEnabler: t.level, tail: t} }

// Last returns the last n lines, or as many as there are, oldest first, and the
// number of the line that comes next.
func (t *Tail) Last(n int) (lines []Line, next int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines, _, next = t.since(t.end - int64(max(0, n)))
	return lines, next
}

// Since returns the lines from a number on, oldest first, how many of them are
// no longer kept, and the number of the line that comes next.
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

// Watch returns a channel that gets a value when there are lines that came
// since the last one was taken, until stop is called. Since has them.
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

// tailCore is a Tail as a logger sees it, with the fields that all its lines
// have.
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
			encoder.Fields[key] = v.Seconds()
		}
	}
	c.tail.add(Line{e.Time, e.Level.String(), short(e.Message), encoder.Fields})
	return nil
}

func (c *tailCore) Sync() error { return nil }

// short keeps no more of a text than longestText, and not what it was cut from.
func short(s string) string {
	if len(s) <= longestText {
		return s
	}
	return strings.ToValidUTF8(strings.Clone(s[:longestText]), "") + "…"
}
