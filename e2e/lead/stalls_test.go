package lead

import (
	"fmt"
	"testing"
	"time"

	"relay/e2e/harness"
)

// A source that sends nothing but stays connected leaves the air to AutoDJ, and has it
// again with its next sound.
func TestSourceThatStalls(t *testing.T) {
	t.Parallel()
	stalls := 4
	if harness.Long() {
		stalls = breaks
	}
	music := t.TempDir()
	numberedFile(t, music, "track.mp3", tracks, 5*time.Minute)
	s := start(t, "[[mount]]\nname = '/live'\nfiles.paths = ['"+music+"']\n")
	harness.Eventually(t, "AutoDJ", func() bool { return s.Source(t, "/live").State == "files" })
	e := s.encode(t, "/live", dj)
	e.settles(t, s)
	s.tuneIn(t)
	for n := range stalls {
		e.pause()
		stalled, _ := s.hears.has(tracks)
		harness.Eventually(t, "AutoDJ", func() bool { return s.Source(t, "/live").State == "files" })
		s.hears.awaits(t, tracks, stalled+20)
		e.play(t)
		s.hears.awaits(t, dj, e.sent+40)
		s.keepsTheLaw(t, fmt.Sprintf("stall %d", n+1))
	}
	if left := s.Left("/live"); left > 0 {
		t.Error("the source was disconnected")
	}
	s.paysItsDebts(t)
	s.misses(t, dj)
	s.hears.decodes(t)
}
