package mounts

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"relay/conf"
)

const iPhone = "AppleCoreMedia/1.0.0.21F90 (iPhone; U; CPU OS 17_5_1 like Mac OS X; en_us)"

// caller is a connection of a listener in a test.
type caller struct {
	l          *Listener
	come, left time.Duration // since the beginning; left 0: it stays
}

func call(addr, agent, session, ranges string, come, left time.Duration) caller {
	l := &Listener{Addr: netip.MustParseAddr(addr)}
	l.SetAgent(agent)
	l.IdentifyPlayback(session, ranges)
	return caller{l, come, left}
}

// A listener counts once, however many connections its player opens.
func TestTwinConnectionsAreOneListener(t *testing.T) {
	const probe, whole, ms = "bytes=0-1", "bytes=0-", time.Millisecond
	for _, tt := range []struct {
		name                                string
		callers                             []caller
		listeners, unique, peak, remembered int
	}{
		{"a probe that stays", []caller{
			call("192.0.2.1", iPhone, "A", probe, 0, 0), call("192.0.2.1", iPhone, "A", whole, 200*ms, 0)}, 1, 1, 1, 1},
		{"a probe that closes at once", []caller{
			call("192.0.2.1", iPhone, "A", probe, 0, 100*ms), call("192.0.2.1", iPhone, "A", whole, 200*ms, 0)}, 1, 1, 1, 1},
		{"a probe that closes after the second has come", []caller{
			call("192.0.2.1", iPhone, "A", probe, 0, time.Second), call("192.0.2.1", iPhone, "A", whole, 200*ms, 0)}, 1, 1, 1, 1},
		{"three", []caller{
			call("192.0.2.1", iPhone, "A", probe, 0, 0), call("192.0.2.1", iPhone, "A", whole, 200*ms, 0), call("192.0.2.1", iPhone, "A", whole, 300*ms, 0)}, 1, 1, 1, 1},
		{"two people behind one address", []caller{
			call("192.0.2.1", iPhone, "A", probe, 0, 0), call("192.0.2.1", iPhone, "B", probe, 100*ms, 0),
			call("192.0.2.1", iPhone, "A", whole, 200*ms, 0), call("192.0.2.1", iPhone, "B", whole, 300*ms, 0)}, 2, 1, 2, 2},
		{"the name of a playback at another address", []caller{
			call("192.0.2.1", iPhone, "A", probe, 0, 0), call("192.0.2.2", iPhone, "A", whole, 200*ms, 0)}, 2, 2, 2, 2},
		{"no name, a probe and the rest", []caller{
			call("192.0.2.1", iPhone, "", probe, 0, 0), call("192.0.2.1", iPhone, "", whole, 200*ms, 0)}, 1, 1, 1, 1},
		{"no name, and two who listen", []caller{
			call("192.0.2.1", iPhone, "", whole, 0, 0), call("192.0.2.1", iPhone, "", whole, 200*ms, 0)}, 2, 1, 2, 2},
		{"a range of two bytes by another program", []caller{
			call("192.0.2.1", "curl/8", "", probe, 0, 0), call("192.0.2.1", "curl/8", "", whole, 200*ms, 0)}, 2, 1, 2, 2},
		{"more than a player opens", []caller{
			call("192.0.2.1", "curl/8", "A", "", 0, 0), call("192.0.2.1", "curl/8", "A", "", 1*ms, 0), call("192.0.2.1", "curl/8", "A", "", 2*ms, 0),
			call("192.0.2.1", "curl/8", "A", "", 3*ms, 0)}, 2, 1, 2, 2},
	} {
		for _, countAfter := range []string{"0s", "5s"} {
			t.Run(tt.name+", "+countAfter, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRegistry(t, fmt.Sprintf("[limits]\ncount_after = '%s'\nlisteners_per_ip = %d", countAfter, tt.listeners))
					a := &attach(t, r, "/live", LiveSource).Mount.Audience
					began := time.Now()
					remembered := 0
					leave := func(l *Listener) {
						if s, here := a.Leave(l, LeftByItself); here && s.Counts {
							remembered++
						}
					}
					for _, c := range tt.callers {
						time.Sleep(time.Until(began.Add(c.come)))
						c.l.Since = time.Now()
						if err := a.Join(c.l); err != nil {
							t.Fatal(err)
						}
						if c.left > 0 {
							go func() {
								time.Sleep(c.left - c.come)
								leave(c.l)
							}()
						}
					}
					time.Sleep(time.Minute)
					unique, _ := a.Unique()
					if a.Count() != tt.listeners || len(a.List()) != tt.listeners || len(a.Stays()) != tt.listeners || r.Listeners() != tt.listeners {
						t.Errorf("%d listeners, %d in the list, %d stays, %d on the server, want %d", a.Count(), len(a.List()), len(a.Stays()), r.Listeners(), tt.listeners)
					}
					if unique != tt.unique || a.Peak() != tt.peak {
						t.Errorf("%d unique, peak %d, want %d and %d", unique, a.Peak(), tt.unique, tt.peak)
					}
					for _, c := range tt.callers {
						leave(c.l)
					}
					if remembered != tt.remembered || a.Count() != 0 || r.Listeners() != 0 || len(a.playbacks) != 0 {
						t.Errorf("%d stays are remembered, want %d; %d listeners are left", remembered, tt.remembered, a.Count())
					}
					if err := a.Join(&Listener{Addr: netip.MustParseAddr("192.0.2.1")}); err != nil {
						t.Errorf("the address has a place again, but %v", err)
					}
				})
			})
		}
	}
}

// An order reaches all connections of a listener, and a move takes all of them along.
func TestTwinsGoTogether(t *testing.T) {
	r := newRegistry(t, "[limits]\ncount_after = '0s'\nlisteners_per_ip = 1")
	from, to := attach(t, r, "/from", LiveSource).Mount, attach(t, r, "/to", LiveSource).Mount
	first, second := call("192.0.2.1", iPhone, "A", "", 0, 0).l, call("192.0.2.1", iPhone, "A", "", 0, 0).l
	for _, l := range []*Listener{first, second} {
		if err := from.Audience.Join(l); err != nil {
			t.Fatal(err)
		}
		l.Sent.Store(100)
	}
	if !from.Audience.Order(second.ID, Order{MoveTo: to}) || first.TakeOrder() == nil || second.TakeOrder() == nil {
		t.Error("an order does not reach both")
	}
	if s, _ := from.Audience.MoveTo(&to.Audience, first); s.Counts {
		t.Error("a stay is remembered that has not ended")
	}
	if s, _ := from.Audience.MoveTo(&to.Audience, second); !s.Counts || s.Sent != 200 {
		t.Errorf("it stayed %+v", s)
	}
	if from.Audience.Count() != 0 || to.Audience.Count() != 1 || r.Listeners() != 1 {
		t.Errorf("%d and %d listeners, %d in all", from.Audience.Count(), to.Audience.Count(), r.Listeners())
	}
	to.Audience.Leave(first, LeftByItself)
	to.Audience.Leave(second, LeftByItself)
	if err := from.Audience.Join(&Listener{Addr: netip.MustParseAddr("192.0.2.1")}); err != nil {
		t.Errorf("the address has a place again, but %v", err)
	}
}

// Only a listener that stays long enough counts, exactly for the time when it was
// there.
func TestBriefStaysDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "[limits]\ncount_after = '5s'")
		a := &attach(t, r, "/live", LiveSource).Mount.Audience
		join := func(n int) *Listener {
			l := &Listener{Addr: netip.MustParseAddr(fmt.Sprintf("192.0.2.%d", n)), Since: time.Now()}
			if err := a.Join(l); err != nil {
				t.Fatal(err)
			}
			return l
		}
		want := func(count, unique, peak int) {
			t.Helper()
			if got, _ := a.Unique(); a.Count() != count || got != unique || a.Peak() != peak {
				t.Errorf("%d listeners, %d unique, peak %d, want %d, %d, %d", a.Count(), got, a.Peak(), count, unique, peak)
			}
		}
		first := join(1)
		for n := range 3000 { // short visits
			l := join(2 + n%200)
			if s, _ := a.Leave(l, LeftByItself); s.Counts {
				t.Fatal("a stay of no time counts")
			}
		}
		if len(a.delayed.changes) > 2*maxBrief {
			t.Errorf("%d are remembered who do not count", len(a.delayed.changes))
		}
		want(1, 0, 0)
		time.Sleep(4 * time.Second)
		if len(a.Stays()) != 0 {
			t.Error("a stay counts already")
		}
		second := join(2)
		time.Sleep(time.Second) // first has been there for 5 s
		want(2, 1, 1)
		if s, _ := a.Leave(first, LeftByItself); !s.Counts {
			t.Error("a stay of 5 s does not count")
		}
		want(1, 0, 1)
		time.Sleep(4 * time.Second) // second counts from when it came, when first was still there
		want(1, 1, 2)
		a.Leave(second, LeftByItself)
		third := join(3)
		time.Sleep(time.Minute)
		want(1, 1, 2)
		a.Leave(third, LeftByItself)
		want(0, 0, 2)
		for range 3 {
			join(4)
		}
		c, err := conf.Parse("relay.toml", []byte("[limits]\ncount_after = '0s'"))
		if err != nil {
			t.Fatal(err)
		}
		r.conf.Replace(c)
		want(3, 1, 3)
	})
}

// Listeners are counted by the way in which they listen, wherever they are moved.
func TestListenersByWay(t *testing.T) {
	r := newRegistry(t, "")
	defer r.Close()
	a, b := attach(t, r, "/a", LiveSource).Mount, attach(t, r, "/b", LiveSource).Mount
	by := func(via Via) *Listener {
		l := call("192.0.2.1", "player", "", "", 0, 0).l
		l.Via = via
		if err := a.Audience.Join(l); err != nil {
			t.Fatal(err)
		}
		return l
	}
	stream, hls := by(ViaStream), by(ViaHLS)
	by(ViaHLS)
	check := func(m *Mount, wantStream, wantHLS int) {
		t.Helper()
		if got := m.Status().Via; got[ViaStream] != wantStream || got[ViaHLS] != wantHLS {
			t.Errorf("%s: %v", m.Name, got)
		}
	}
	check(a, 1, 2)
	a.Audience.MoveTo(&b.Audience, hls)
	a.Audience.Leave(stream, LeftByItself)
	check(a, 0, 1)
	check(b, 0, 1)
}
