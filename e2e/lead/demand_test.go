package lead

import (
	"fmt"
	"testing"

	"relay/e2e/harness"
)

// A fallback that is pulled on demand wakes when the source is lost, and sleeps again
// when it is back.
func TestFallbackThatSleeps(t *testing.T) {
	t.Parallel()
	rounds := 2
	if harness.Long() {
		rounds = breaks
	}
	far := &station{Relay: harness.Start(t, harness.Config)}
	far.encode(t, "/far", backup).settles(t, far)
	s := start(t, fmt.Sprintf("[[mount]]\nname = '/live'\nfallbacks = ['/copy']\n"+
		"[[relay]]\nurl = 'http://%s/far'\nmount = '/copy'\non_demand = true\n", far.Addr))
	e := s.encode(t, "/live", dj)
	e.settles(t, s)
	s.tuneIn(t)
	for n := range rounds {
		harness.Eventually(t, "the fallback to sleep", func() bool { return far.Source(t, "/far").Listeners == 0 })
		e.lose()
		before, _ := s.hears.has(backup)
		s.hears.awaits(t, backup, max(before, uint64(backup)<<32)+40)
		s.keepsTheLaw(t, fmt.Sprintf("woken %d times", n+1))
		e.connect(t, s.Relay)
		s.hears.awaits(t, dj, e.sent+40)
		s.keepsTheLaw(t, "the source is back")
	}
	s.paysItsDebts(t)
	s.misses(t, dj)
	s.hears.decodes(t)
}
