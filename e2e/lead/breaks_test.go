package lead

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"relay/e2e/harness"
)

// The sources of these tests.
const (
	dj uint32 = 1 + iota
	backup
	tracks
)

const breaks = 10

// breakTime returns how long a break lasts: 0.5 to 2.5 s.
func breakTime() time.Duration {
	return 500*time.Millisecond + rand.N(2*time.Second)
}

// A source that is lost ten times, and comes back each time, costs listeners nothing
// for good, whatever plays meanwhile.
func TestSourceThatBreaks(t *testing.T) {
	t.Parallel()
	music := t.TempDir()
	numberedFile(t, music, "track.mp3", tracks, 5*time.Minute)
	for name, mount := range map[string]string{
		"nothing else": "grace = '5s'",
		"AutoDJ waits": "grace = '5s'\nfiles.paths = ['" + music + "']",
		"AutoDJ plays": "grace = '300ms'\nfiles.paths = ['" + music + "']",
		"interlude":    "grace = '300ms'\ninterlude = true",
		"silence":      "grace = '300ms'\nsilence = true",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, "[[mount]]\nname = '/live'\n"+mount+"\n")
			e := s.encode(t, "/live", dj)
			harness.Eventually(t, "the source", func() bool { return s.Source(t, "/live").State == "live" })
			e.settles(t, s)
			s.tuneIn(t)
			for n := range breaks {
				e.lose()
				away := breakTime()
				time.Sleep(away)
				e.connect(t, s.Relay)
				s.hears.awaits(t, dj, e.sent+40)
				s.keepsTheLaw(t, fmt.Sprintf("break %d, of %v", n+1, away.Round(time.Millisecond)))
			}
			s.paysItsDebts(t)
			s.misses(t, dj)
			s.hears.decodes(t)
		})
	}
}

// settles waits until the stream is as long as a burst.
func (e *encoder) settles(t testing.TB, s *station) {
	t.Helper()
	p := s.Tune(t, e.mount)
	defer p.Close()
	for n := e.sent + 250; ; {
		heard, err := p.Number()
		if err != nil {
			t.Fatal(err)
		}
		if heard >= n {
			return
		}
	}
}
