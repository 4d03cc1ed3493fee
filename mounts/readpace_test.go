package mounts

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestReadPaceFollowsTheQuickestListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		in := attach(t, r, "/live", LiveSource)
		m := in.Mount
		// flush flushes a listener for a while and returns the pace after it.
		flush := func(interval, lasts time.Duration) time.Duration {
			for range lasts / interval {
				m.Audience.Flushed(interval)
				m.ReadPace()
				time.Sleep(interval)
			}
			return m.ReadPace()
		}
		if got := m.ReadPace(); got != 125*time.Millisecond {
			t.Errorf("%v before the first frame", got)
		}
		for range 100 {
			in.Write(numbered(1))
		}
		if got := m.ReadPace(); got != maxReadPace {
			t.Errorf("%v without listeners", got)
		}
		for _, tt := range []struct{ interval, lasts, want time.Duration }{
			{2 * time.Second, time.Minute, maxReadPace},
			{250 * time.Millisecond, 250 * time.Millisecond, 125 * time.Millisecond},
			{time.Second, 2 * time.Second, 125 * time.Millisecond}, // a listener may still be as quick
			{600 * time.Millisecond, time.Minute, 300 * time.Millisecond},
			{2 * time.Second, time.Minute, maxReadPace},
		} {
			if got := flush(tt.interval, tt.lasts); got != tt.want {
				t.Errorf("every %v for %v: %v, want %v", tt.interval, tt.lasts, got, tt.want)
			}
		}
		r.Close()
	})
}

// However seldom listeners are flushed, a source is read before its mount takes the pause
// for a break.
func TestReadPaceWithLongIntervals(t *testing.T) {
	r := newRegistry(t, "[limits]\nflush_interval = '5s'\nflush_max = '5s'")
	in := attach(t, r, "/live", LiveSource)
	in.Write(numbered(1))
	if got := in.Mount.ReadPace(); got > maxReadPace {
		t.Errorf("reads every %v", got)
	}
	r.Close()
}
