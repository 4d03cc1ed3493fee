package lead

import (
	"fmt"
	"testing"
	"time"

	"relay/e2e/harness"
)

// upstream is a server that a relay pulls /live.mp3 from.
type upstream struct {
	*harness.Relay
	burst time.Duration // 0: shorter than most breaks
}

// longestCut is how long an upstream is away at most: a relay on demand connects again
// within 5 s.
const longestCut = 8 * time.Second

// A relay whose connection breaks gets the upstream's burst again. Its listeners hear
// nothing twice, and what they missed if the burst has it.
func TestRelayThatBreaks(t *testing.T) {
	t.Parallel()
	cuts := 3
	if harness.Long() {
		cuts = breaks
	}
	for name, begin := range map[string]func() upstream{
		"from relay": func() upstream {
			return upstream{harness.Start(t, harness.Config+"[limits]\nburst = '12s'\n[[mount]]\nname = '/live.mp3'\n"), 12 * time.Second}
		},
		"from relay with a short burst": func() upstream {
			return upstream{harness.Start(t, harness.Config+"[limits]\nburst = '1s'\n[[mount]]\nname = '/live.mp3'\n"), 0}
		},
		"from icecast2": func() upstream {
			return upstream{&harness.StartIcecast(t, harness.FreePort(t)).Relay, 0}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there := begin()
			far := &station{Relay: there.Relay}
			far.encode(t, "/live.mp3", dj)
			way := newLine(t, there.Addr)
			s := start(t, fmt.Sprintf("[[mount]]\nname = '/live'\ngrace = '10s'\n[[relay]]\nurl = 'http://%s/live.mp3'\nmount = '/live'\non_demand = true\n", way.addr))
			first := listen(t, s.Relay, "/live")
			first.awaits(t, dj, uint64(dj)<<32+250)
			s.tuneIn(t)
			for n := range cuts {
				began := time.Now()
				way.cut()
				time.Sleep(breakTime())
				way.mend()
				last, _ := s.hears.has(dj)
				s.hears.awaits(t, dj, last+1)
				s.hears.plays(t, 2*time.Second)
				s.keepsTheLaw(t, fmt.Sprintf("cut %d, of less than %v", n+1, time.Since(began).Round(time.Second)))
			}
			s.paysItsDebts(t)
			// Silence at the splice delays the programme: in the end the burst does not
			// reach back to what was heard last.
			if behind := s.paid(t, "at splice"); behind+longestCut.Seconds() < there.burst.Seconds() {
				s.misses(t, dj)
			}
			s.hears.decodes(t)
			first.decodes(t)
		})
	}
}
