package throttle

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"relay/conf"
)

// impatient returns a throttle at which no login waits: it is refused instead.
func impatient(t testing.TB) (*Throttle, *clock, context.Context) {
	t.Helper()
	th, c, _ := slowed(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return th, c, ctx
}

// tryFrom sends n different wrong logins from an address, and returns how many were
// checked.
func (t *Throttle) tryFrom(ctx context.Context, ip string, n int) (looked int) {
	for range n {
		login := rand.Text()
		if done, closed := t.Admit(ctx, netip.MustParseAddr(ip), login); closed == 0 {
			t.Wrong(netip.MustParseAddr(ip), login)
			done()
			looked++
		}
	}
	return looked
}

// makeKnown makes a login right at an address.
func (t *Throttle) makeKnown(ctx context.Context, ip, login string) (closed time.Duration) {
	done, closed := t.Admit(ctx, netip.MustParseAddr(ip), login)
	if closed == 0 {
		t.Right(netip.MustParseAddr(ip), login)
		done()
	}
	return closed
}

// Guesses from many addresses are counted together. A login that is known at its address
// is checked all the same.
func TestGuessesAreSpread(t *testing.T) {
	for _, tt := range []struct {
		name    string
		from    func(i int) string
		clients int
		most    int    // guesses that are checked
		known   string // address of a login that is known
	}{
		{"one /48", func(i int) string { return fmt.Sprintf("2001:db8:1:%x::1", i) }, 1000, 8 * FreeGuesses, "2001:db8:1:ffff::7"},
		{"one /48, every /56 of it", func(i int) string { return fmt.Sprintf("2001:db8:1:%x::1", i<<8) }, 256, 8 * FreeGuesses, "2001:db8:1:ff::7"},
		{"one /56", func(i int) string { return fmt.Sprintf("2001:db8:1:%x::1", i) }, 256, 4 * FreeGuesses, "2001:db8:1:aa:7::7"},
		{"one /64", func(i int) string { return fmt.Sprintf("2001:db8:1:1:%x::1", i) }, 1000, FreeGuesses + 1, "192.0.2.7"},
		{"very many /48s", func(i int) string { return fmt.Sprintf("2001:%x:%x:1::1", i>>8, i) }, 10400, 1000, "2001:ffff:1:1::7"},
		{"a botnet", func(i int) string { return fmt.Sprintf("10.%d.%d.1", i>>8, i&255) }, 10400, 1000, "192.0.2.7"},
		{"a botnet in the form of IPv6", func(i int) string { return fmt.Sprintf("::ffff:10.%d.%d.1", i>>8, i&255) }, 10400, 1000, "192.0.2.7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			th, c, ctx := impatient(t)
			th.makeKnown(ctx, tt.known, "dj:right")
			looked := 0
			for i := range tt.clients {
				looked += th.tryFrom(ctx, tt.from(i), 8)
			}
			if looked > tt.most || looked < min(tt.most, FreeGuesses) {
				t.Errorf("%d of %d guesses were looked at, at most %d are wanted", looked, 8*tt.clients, tt.most)
			}
			if closed := th.makeKnown(ctx, tt.known, "dj:right"); closed != 0 {
				t.Errorf("a login that is known at %s is refused for %v", tt.known, closed)
			}
			if n := len(th.ranges); n > maxRanges+2 {
				t.Errorf("%d ranges are remembered", n)
			}
			// The next hour adds little.
			looked = 0
			for range 3600 / 15 {
				c.pass(15 * time.Second)
				for i := range 20 {
					looked += th.tryFrom(ctx, tt.from(i), 1)
				}
			}
			if looked > 3600 {
				t.Errorf("%d guesses were looked at in an hour", looked)
			}
			c.pass(guessesForget)
			if closed := th.makeKnown(ctx, tt.from(0), "dj:new"); closed != 0 {
				t.Errorf("long after that a right login is refused for %v", closed)
			}
		})
	}
}

// Guesses at once from all of a /48 gain nothing either.
func TestGuessesAreSpreadAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := New()
		var looked atomic.Int32
		atOnce(2000, func(i int) time.Duration {
			return th.look(t.Context(), fmt.Sprintf("2001:db8:1:%x::1", i), fmt.Sprint("dj:", i), func() bool {
				looked.Add(1)
				time.Sleep(aHook)
				return false
			})
		})
		if n := looked.Load(); n > 8*FreeGuesses+3 {
			t.Errorf("%d of 2000 guesses were looked at", n)
		}
		if th.held != 0 || th.server.looks != 0 {
			t.Errorf("%d wait still, %d are looked at", th.held, th.server.looks)
		}
	})
}

// A closed address stays closed, whatever comes from others.
func TestNewClientsEvictNoGuesser(t *testing.T) {
	for name, from := range map[string]func(i int) string{
		"of one /48":    func(i int) string { return fmt.Sprintf("2001:db8:1:%x::1", i) },
		"of many /48s":  func(i int) string { return fmt.Sprintf("2001:%x:%x:1::1", i>>8, i) },
		"of many IPv4s": func(i int) string { return fmt.Sprintf("10.%d.%d.1", i>>8, i&255) },
	} {
		for _, ahead := range []int{0, 900} { // guesses of the server's budget
			t.Run(fmt.Sprintf("%s, after %d", name, ahead), func(t *testing.T) {
				th, _, ctx := impatient(t)
				for i := range ahead {
					th.tryFrom(ctx, fmt.Sprintf("172.16.%d.%d", i>>8, i&255), 1)
				}
				const closed, dj = "198.51.100.7", "198.51.100.8"
				th.tryFrom(ctx, closed, FreeGuesses+1)
				th.makeKnown(ctx, dj, "dj:right")
				for i := range maxGuessers + 400 {
					th.tryFrom(ctx, from(i), 1)
					th.IsRejected(netip.MustParseAddr(from(i)), "a pair")
				}
				if n := th.tryFrom(ctx, closed, 1); n != 0 {
					t.Error("the closed address is open again")
				}
				if th.makeKnown(ctx, dj, "dj:right") != 0 {
					t.Error("the login that was right is not known any more")
				}
				if n := len(th.addresses); n > maxGuessers+1 || th.byUse.Len() != n {
					t.Errorf("%d clients are remembered, %d in order", n, th.byUse.Len())
				}
			})
		}
	}
}

// When all remembered clients have guessed, new clients share one place.
func TestATableFullOfGuessers(t *testing.T) {
	th, c, ctx := impatient(t)
	th.server.most = 1 << 30
	for i := range maxGuessers {
		th.tryFrom(ctx, fmt.Sprintf("10.%d.%d.1", i>>8, i&255), 1)
	}
	if n := th.tryFrom(ctx, "10.0.1.1", FreeGuesses+5); n != FreeGuesses {
		t.Errorf("%d further guesses of the first were looked at", n)
	}
	looked := 0
	for i := range 1000 {
		looked += th.tryFrom(ctx, fmt.Sprintf("172.16.%d.%d", i>>8, i&255), 1)
	}
	if looked != FreeGuesses+1 || len(th.addresses) > maxGuessers+1 {
		t.Errorf("%d guesses of new clients were looked at, %d are remembered", looked, len(th.addresses))
	}
	c.pass(guessesForget)
	if n := th.tryFrom(ctx, "192.0.2.1", FreeGuesses); n != FreeGuesses || th.addresses[conf.ClientPrefix(netip.MustParseAddr("192.0.2.1"))] == nil {
		t.Errorf("later %d guesses of a new client were looked at", n)
	}
}

// A range is reported once, however long guesses from it go on.
func TestRangesAreToldOfOnce(t *testing.T) {
	th, c, told := slowed(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 1000 {
		th.tryFrom(ctx, fmt.Sprintf("2001:db8:1:%x::1", i%200), 1)
		c.pass(time.Second)
	}
	if got := fmt.Sprint(*told); got != "[2001:db8:1::/56]" {
		t.Errorf("told of %s", got)
	}
	for i := range 2000 {
		th.tryFrom(ctx, fmt.Sprintf("2001:db8:2:%x::1", i&255<<8), 1)
	}
	if got := fmt.Sprint(*told); got != "[2001:db8:1::/56 2001:db8:2::/48]" {
		t.Errorf("told of %s", got)
	}
}

// A client that repeats one wrong login as fast as it can is answered at a bounded pace,
// and its address stays open to others.
func TestRepeatedLoginsArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := New()
		var looked, later atomic.Int32
		try := func() {
			if th.look(t.Context(), guesserIP, "dj:old", func() bool { looked.Add(1); return false }) > 0 {
				later.Add(1)
			}
		}
		try()
		began := time.Now()
		var connections sync.WaitGroup
		for range 100 {
			connections.Go(func() {
				for time.Since(began) < 4*time.Second {
					try()
					time.Sleep(50 * time.Millisecond)
				}
			})
		}
		connections.Wait()
		if n := looked.Load(); n > 128+200 || later.Load() == 0 {
			t.Errorf("%d were looked at in %v, %d told to come later", n, time.Since(began), later.Load())
		}
		if closed := th.look(t.Context(), guesserIP, "dj:right", func() bool { return true }); closed > 0 {
			t.Errorf("a right login of the same address is refused for %v", closed)
		}
	})
}

// A studio whose encoders all have an old password and try again, as encoders do, gets the
// answer that the password is wrong.
func TestEncodersWithOldPasswordsAreToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := New()
		var encoders sync.WaitGroup
		for i := range 7 {
			encoders.Go(func() {
				for range 300 {
					if closed := th.look(t.Context(), guesserIP, fmt.Sprint("dj:old", i), func() bool { return false }); closed > 0 {
						t.Errorf("encoder %d is refused for %v", i, closed)
					}
					time.Sleep(time.Second)
				}
			})
		}
		encoders.Wait()
	})
}

// A password that was right and no longer is, is no guess.
func TestAnOldPasswordIsNoGuess(t *testing.T) {
	th, _, _ := slowed(t)
	for i := range maxKnown {
		th.login(guesserIP, fmt.Sprint("dj", i), true)
	}
	for i := range maxKnown {
		th.login(guesserIP, fmt.Sprint("dj", i), false)
	}
	if n := th.of(conf.ClientPrefix(netip.MustParseAddr(guesserIP))).guesses; n != 0 {
		t.Errorf("%d guesses", n)
	}
}
