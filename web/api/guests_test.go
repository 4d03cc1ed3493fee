package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"testing"
)

// isGone reports whether f has been dropped.
func isGone(f *follower) bool {
	select {
	case <-f.gone:
		return true
	default:
		return false
	}
}

// guest adds a follower without a login.
func (s *station) guest(t testing.TB, ip string) *follower {
	t.Helper()
	f, err := s.Events.follow(view{}, netip.MustParseAddr(ip), nil)
	if err != nil {
		t.Fatalf("a guest from %s: %v", ip, err)
	}
	return f
}

func from(ip string) sender {
	return func(r *http.Request) { r.RemoteAddr = net.JoinHostPort(ip, "5") }
}

func TestOneClientPrefixHasAShareOfTheFollowers(t *testing.T) {
	s := newStation(t, house)
	d := newDescription(t)
	s.Events.capacity = places(8)
	for _, ips := range [][]string{{"192.0.2.1", "192.0.2.1", "192.0.2.1"}, {"2001:db8::1", "2001:db8::2", "2001:db8::3"}} {
		first := s.guest(t, ips[0])
		s.guest(t, ips[1])
		w := s.ask(t, "GET", "/events", "", from(ips[2]))
		if refused(t, w, 429); w.Header().Get("Retry-After") == "" || w.Header().Get("X-Accel-Buffering") != "" {
			t.Errorf("the head says %v", w.Header())
		}
		d.fits(t, "/events", "GET", w)
		if _, err := s.Events.follow(view{all: true}, netip.MustParseAddr(ips[2]), nil); err != nil {
			t.Errorf("an operator from a client that has its share: %v", err)
		}
		s.Events.leave(first)
		s.guest(t, ips[2])
	}
	s.guest(t, "2001:db8:0:1::1")
	for f := range s.Events.followers {
		s.Events.leave(f)
	}
	if g := s.Events.guests; len(g.all)+g.count.Len() != 0 {
		t.Errorf("when all have left there are %v", g)
	}
}

// When guests have taken all places, a follower with a login takes the place of the
// oldest guest; followers with a login keep theirs.
func TestLoginsGoBeforeGuests(t *testing.T) {
	s := newStation(t, house)
	d := newDescription(t)
	s.Events.capacity = places(4)
	var guests []*follower
	for n := range 4 {
		guests = append(guests, s.guest(t, fmt.Sprintf("192.0.2.%d", n)))
	}
	w := s.ask(t, "GET", "/events", "", from("192.0.2.9"))
	if refused(t, w, 503); w.Header().Get("Retry-After") == "" {
		t.Errorf("the head says %v", w.Header())
	}
	d.fits(t, "/events", "GET", w)
	var known []*follower
	for n := range 4 {
		f, err := s.Events.follow([]view{{all: true}, {by: "/live"}}[n%2], netip.MustParseAddr("192.0.2.0"), nil)
		if err != nil {
			t.Fatal(err)
		}
		known = append(known, f)
		for i, f := range guests {
			if isGone(f) != (i <= n) {
				t.Errorf("after %d with a login guest %d is gone: %v", n+1, i, isGone(f))
			}
		}
	}
	if _, err := s.Events.follow(view{all: true}, netip.MustParseAddr("192.0.2.0"), nil); err != errTooManyFollowers {
		t.Errorf("one too many with a login: %v", err)
	}
	if s.Events.GiveWay() {
		t.Error("a follower with a login gives way")
	}
	for i, f := range known {
		if isGone(f) {
			t.Errorf("the one with a login, %d, is gone", i)
		}
	}
}

func TestGuestsGiveWayInTheOrderTheyCame(t *testing.T) {
	s := newStation(t, house)
	var ended []int
	for n := range 3 {
		if _, err := s.Events.follow(view{}, netip.MustParseAddr("192.0.2.1"), func() { ended = append(ended, n) }); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if !s.Events.GiveWay() {
			t.Error("no follower gives way")
		}
	}
	if s.Events.GiveWay() || fmt.Sprint(ended) != "[0 1 2]" {
		t.Errorf("%v gave way", ended)
	}
}

func TestNoMoreFollowersThanThereMayBe(t *testing.T) {
	s := newStation(t, house)
	s.Events.capacity = places(1 << 30)
	for n := range maxFollowers {
		s.guest(t, fmt.Sprintf("10.0.%d.%d", n>>8, n&255))
	}
	if _, err := s.Events.follow(view{}, netip.MustParseAddr("192.0.2.1"), nil); err != errTooManyFollowers {
		t.Errorf("one too many: %v", err)
	}
}

// places is the capacity of a machine that has room for so many event streams.
type places int

func (p places) Followers() int { return int(p) }
