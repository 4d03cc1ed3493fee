package mounts

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestUniqueListeners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "[limits]\ncount_after = '0s'")
		from, to := attach(t, r, "/from", LiveSource).Mount, attach(t, r, "/to", LiveSource).Mount
		check := func(when string, m *Mount, wantUnique int, wantAverage time.Duration) {
			t.Helper()
			if unique, average := m.Audience.Unique(); unique != wantUnique || (average-wantAverage).Abs() > time.Millisecond {
				t.Errorf("%s: %d unique, %v on average; want %d, %v", when, unique, average, wantUnique, wantAverage)
			}
		}
		come := func(addr, agent string) *Listener {
			l := &Listener{Addr: netip.MustParseAddr(addr), Since: time.Now()}
			l.SetAgent(agent)
			if err := from.Audience.Join(l); err != nil {
				t.Fatal(err)
			}
			return l
		}
		check("nobody", from, 0, 0)
		first := come("192.0.2.1", "player")
		time.Sleep(10 * time.Second)
		again := come("192.0.2.1", "player")
		come("192.0.2.1", "another")
		check("three", from, 2, 10*time.Second/3)
		time.Sleep(10 * time.Second)
		from.Audience.MoveTo(&to.Audience, again)
		check("one has moved away", from, 2, 15*time.Second)
		check("to there", to, 1, 10*time.Second)
		from.Audience.Leave(first, LeftByItself)
		from.Audience.Leave(first, LeftByItself)
		check("one has left", from, 1, 10*time.Second)
		to.Audience.Leave(again, LeftByItself)
		check("all have left", to, 0, 0)
		if len(to.Audience.unique.people) != 0 || to.Audience.unique.came != 0 {
			t.Errorf("held: %+v", to.Audience.unique)
		}
		r.Close()
	})
}

// A value that anybody may request any number of times must not cost more with a larger
// audience.
func BenchmarkUnique(b *testing.B) {
	r := newRegistry(b, "[limits]\nlisteners = 100000")
	m := attach(b, r, "/live", LiveSource).Mount
	for range 50_000 {
		if err := m.Audience.Join(&Listener{Addr: netip.MustParseAddr("192.0.2.1"), Since: time.Now()}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Audience.Unique()
	}
}
