package listeners

import (
	"testing"
	"time"
)

func TestBacklogStretches(t *testing.T) {
	var b backlog
	now := time.Unix(1000, 0)
	// rounds lets a minute of rounds pass, each of which takes a share of a slot.
	rounds := func(share float64) int64 {
		for due := now; due.Before(now.Add(time.Minute)); due = due.Add(slotTime) {
			b.worked(due, due.Add(time.Duration(share*float64(slotTime))))
		}
		now = now.Add(time.Minute)
		return b.percent()
	}
	for _, tt := range []struct {
		share float64
		want  int64
	}{
		{0.4, unstretched}, {0.9, maxStretch}, {0.65, maxStretch}, {0.3, unstretched},
		{3, maxStretch}, // late as well
		{0, unstretched},
	} {
		if got := rounds(tt.share); got != tt.want {
			t.Errorf("busy for %.2f of the time: %d %%, want %d", tt.share, got, tt.want)
		}
	}
}
