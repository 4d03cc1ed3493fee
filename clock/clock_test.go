package clock

import (
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// hand is a clock of the day that can be set, and one that cannot.
type hand struct {
	day time.Time
	up  time.Duration
}

func (h *hand) read() (time.Time, time.Duration) { return h.day, h.up }

// pass lets time pass, in which the clock of the day runs this much ahead.
func (h *hand) pass(d, ahead time.Duration) {
	h.up += d
	h.day = h.day.Add(d + ahead)
}

func TestSettled(t *testing.T) {
	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	type step struct {
		pass, ahead time.Duration
		doubt       time.Duration // how far Settled is behind the clock then
	}
	tests := []struct {
		name  string
		steps []step
		lines int
	}{
		{"a clock that runs", []step{{time.Second, 0, 0}, {year, 0, 0}}, 0},
		{"one that is led", []step{{time.Second, time.Second, 0}, {time.Second, -time.Second, 0}}, 0},
		{"forward, believed a day later", []step{{time.Second, year, year}, {day - time.Second, 0, year}, {time.Second, 0, 0}}, 1},
		{"back", []step{{time.Second, -year, 0}, {day, 0, 0}}, 1},
		{"forward and put right", []step{{time.Second, year, year}, {time.Minute, -year, 0}, {day, 0, 0}}, 2},
		{"back and put right", []step{{time.Second, -year, 0}, {time.Minute, year, 0}, {day, 0, 0}}, 2},
		{"forward twice", []step{{time.Second, time.Hour, time.Hour}, {day / 2, time.Minute, time.Hour + time.Minute}, {day / 2, 0, time.Minute}}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			core, lines := observer.New(zapcore.WarnLevel)
			h := &hand{day: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
			c := newClock(zap.New(core), h.read)
			for i, s := range tt.steps {
				h.pass(s.pass, s.ahead)
				if doubt := h.day.Sub(c.Settled()); doubt != s.doubt {
					t.Errorf("step %d: %v is doubted, want %v", i, doubt, s.doubt)
				}
			}
			if lines.Len() != tt.lines {
				t.Errorf("%d lines were logged, want %d: %v", lines.Len(), tt.lines, lines.All())
			}
		})
	}
}

// The line says by how much, from when and to when.
func TestJumpIsTold(t *testing.T) {
	core, lines := observer.New(zapcore.WarnLevel)
	h := &hand{day: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	c := newClock(zap.New(core), h.read)
	h.pass(time.Minute, -time.Hour)
	c.Settled()
	if lines.Len() != 1 {
		t.Fatalf("logged %v", lines.All())
	}
	said := lines.All()[0].ContextMap()
	for key, want := range map[string]any{
		"by":   -time.Hour,
		"from": time.Date(2026, 1, 2, 3, 5, 5, 0, time.UTC),
		"to":   time.Date(2026, 1, 2, 2, 5, 5, 0, time.UTC),
	} {
		if said[key] != want {
			t.Errorf("%s is %v, want %v", key, said[key], want)
		}
	}
}

// The machine's own clocks agree with each other.
func TestMachine(t *testing.T) {
	core, lines := observer.New(zapcore.WarnLevel)
	c := New(zap.New(core))
	before := time.Now()
	if now := c.Settled(); now.Before(before.Round(0)) || lines.Len() != 0 {
		t.Errorf("it is %v after %v; logged %v", now, before, lines.All())
	}
}
