package clock

import (
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// hand is a clock of the day that can be set, and a running time that cannot.
type hand struct {
	day time.Time
	up  time.Duration
}

func (h *hand) read() (time.Time, time.Duration) { return h.day, h.up }

// pass lets the time d pass, while the clock of the day gains ahead on it.
func (h *hand) pass(d, ahead time.Duration) {
	h.up += d
	h.day = h.day.Add(d + ahead)
}

// The line says by how much the clock was set, from when and to when.
func TestJumpIsTold(t *testing.T) {
	core, lines := observer.New(zapcore.WarnLevel)
	h := &hand{day: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	c := Of(zap.New(core), h.read)
	h.pass(time.Minute, -time.Hour)
	c.look()
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

// The real clocks of the machine agree, and slow corrections do not count as setting.
func TestNothingToTell(t *testing.T) {
	core, lines := observer.New(zapcore.WarnLevel)
	New(zap.New(core)).look()
	h := &hand{day: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	c := Of(zap.New(core), h.read)
	for range 100 {
		h.pass(time.Second, time.Second)
		c.look()
		h.pass(365*24*time.Hour, -time.Second)
		c.look()
	}
	if lines.Len() != 0 {
		t.Errorf("logged %v", lines.All())
	}
}
