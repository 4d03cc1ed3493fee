package mounts

import (
	"net/netip"
	"testing"
)

// A waiting listener takes a listener's place until it joins or gives up.
func TestThoseWhoWaitAreCounted(t *testing.T) {
	r := newRegistry(t, "[limits]\nlisteners = 3\nconnections_per_ip = 2\n")
	a, b := &attach(t, r, "/a", LiveSource).Mount.Audience, &attach(t, r, "/b", LiveSource).Mount.Audience
	expect := func(a *Audience, addr string, want error) func() {
		t.Helper()
		done, err := a.Expect(netip.MustParseAddr(addr))
		if err != want {
			t.Fatalf("%s: %v, want %v", addr, err, want)
		}
		return done
	}
	first := expect(a, "192.0.2.1", nil)
	expect(b, "192.0.2.1", nil)
	expect(a, "192.0.2.1", ErrTooManyExpected)
	if err := b.Join(&Listener{Addr: netip.MustParseAddr("192.0.2.1")}); err != nil {
		t.Errorf("one who need not wait: %v", err)
	}
	expect(a, "192.0.2.2", ErrTooManyExpected)
	if err := b.Join(&Listener{Addr: netip.MustParseAddr("192.0.2.2")}); err != ErrServerFull {
		t.Errorf("got %v", err)
	}
	first()
	first()
	if err := a.Join(&Listener{Addr: netip.MustParseAddr("192.0.2.1")}); err != nil {
		t.Errorf("who has waited: %v", err)
	}
	if r.Listeners() != 2 || r.expected.all.Load() != 1 {
		t.Errorf("%d listen, %d wait", r.Listeners(), r.expected.all.Load())
	}
}
