package mounts

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		from, to := attach(t, r, "/from", Live).Mount, attach(t, r, "/to", Live).Mount
		check := func(when string, m *Mount, wantUnique int, wantAverage time.Duration) {
			t.Helper()
			if unique, average := m.Audience.Crowd(); unique != wantUnique || (average-wantAverage).Abs() > time.Millisecond {
				t.Errorf("%s: %d unique, %v on average; want %d, %v", when, unique, average, wantUnique, wantAverage)
			}
		}
		come := func(addr, agent string) *Listener {
			l := &Listener{Addr: addr, Agent: agent, Since: time.Now()}
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
		from.Audience.Leave(first, LeftHimself)
		from.Audience.Leave(first, LeftHimself)
		check("one has left", from, 1, 10*time.Second)
		to.Audience.Leave(again, LeftHimself)
		check("all have left", to, 0, 0)
		if len(to.Audience.crowd.people) != 0 || to.Audience.crowd.came != 0 {
			t.Errorf("held: %+v", to.Audience.crowd)
		}
		r.Close()
	})
}

// What anybody may ask for as often as he likes costs nothing that grows with
// the audience.
func BenchmarkCrowd(b *testing.B) {
	r := newRegistry(b, "[limits]\nlisteners = 100000")
	m := attach(b, r, "/live", Live).Mount
	for range 50_000 {
		if err := m.Audience.Join(&Listener{Addr: "192.0.2.1", Agent: "player", Since: time.Now()}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Audience.Crowd()
	}
}
