package mounts

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
)

// The limit of one address applies to all mounts together. A listener that leaves or is
// refused for another reason makes room.
func TestListenersPerAddress(t *testing.T) {
	r := newRegistry(t, "[limits]\nlisteners_per_ip = 2\n[[mount]]\nname = '/small'\nmax_listeners = 1\n")
	a, b := attach(t, r, "/a", LiveSource).Mount, attach(t, r, "/b", LiveSource).Mount
	small := attach(t, r, "/small", LiveSource).Mount
	listener := func(addr string) *Listener { return &Listener{Addr: netip.MustParseAddr(addr)} }
	first, second := listener("192.0.2.1"), listener("::ffff:192.0.2.1")
	for l, m := range map[*Listener]*Mount{first: a, second: b} {
		if err := m.Audience.Join(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Audience.Join(listener("192.0.2.1")); err != ErrTooManyOfOne {
		t.Errorf("a third of one address got %v", err)
	}
	if err := a.Audience.Join(listener("192.0.2.2")); err != nil {
		t.Errorf("another address got %v", err)
	}
	a.Audience.MoveTo(&b.Audience, first)
	b.Audience.Leave(first, LeftByItself)
	b.Audience.Leave(first, LeftByItself)
	third := listener("192.0.2.1")
	if err := small.Audience.Join(third); err != nil {
		t.Errorf("when one has left: %v", err)
	}
	b.Audience.Leave(second, LeftByItself)
	if err := small.Audience.Join(listener("192.0.2.1")); err != ErrMountFull {
		t.Errorf("on a full mount: %v", err)
	}
	if err := a.Audience.Join(listener("192.0.2.1")); err != nil {
		t.Errorf("who was refused by a full mount is counted: %v", err)
	}
	if r.Listeners() != 3 {
		t.Errorf("%d listeners", r.Listeners())
	}
	for _, addr := range []string{"2001:db8::1", "2001:db8::2"} {
		if err := a.Audience.Join(listener(addr)); err != nil {
			t.Error(err)
		}
	}
	if err := a.Audience.Join(listener("2001:db8::3")); err != ErrTooManyOfOne {
		t.Errorf("a third of one /64 got %v", err)
	}
}

// A customer with many IPv6 networks may have several times as many as one network, but
// at most half of all places.
func TestListenersPerCustomer(t *testing.T) {
	for toml, want := range map[string]int{
		"listeners_per_ip = 2":                 16,
		"listeners_per_ip = 2\nlisteners = 20": 10,
		"listeners_per_ip = 0\nlisteners = 20": 20,
	} {
		r := newRegistry(t, "[limits]\n"+toml)
		m := attach(t, r, "/a", LiveSource).Mount
		let := 0
		for i := range 30 {
			if m.Audience.Join(&Listener{Addr: netip.MustParseAddr(fmt.Sprintf("2001:db8:1:%x::1", i<<8))}) == nil {
				let++
			}
		}
		if let != want {
			t.Errorf("%s: %d of one /48 are let in, want %d", toml, let, want)
		}
	}
}

// A limit that a reload sets counts listeners that are already connected, and listeners
// that have left are forgotten.
func TestClientPrefixesAreCountedWithoutALimit(t *testing.T) {
	var h clientLimiter
	addr := netip.MustParseAddr("192.0.2.1")
	var coming sync.WaitGroup
	for range 100 {
		coming.Go(func() { h.enter(addr, 0, 0) })
	}
	coming.Wait()
	if h.enter(addr, 100, 0) {
		t.Error("one too many is let in")
	}
	for range 100 {
		coming.Go(func() { h.leave(addr) })
	}
	coming.Wait()
	if h.count.Len() != 0 || !h.enter(netip.Addr{}, 1, 0) || !h.enter(netip.Addr{}, 1, 0) {
		t.Errorf("%v", h.count)
	}
}
