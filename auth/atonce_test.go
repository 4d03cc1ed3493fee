package auth

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"relay/conf"
)

// aHook is how long a web server may take to say what it thinks of a login.
const aHook = 300 * time.Millisecond

// atOnce sends n logins in one moment, and returns what became of them.
func atOnce(n int, send func(i int) *Refusal) []*Refusal {
	refusals := make([]*Refusal, n)
	var sent sync.WaitGroup
	for i := range n {
		sent.Go(func() { refusals[i] = send(i) })
	}
	sent.Wait()
	return refusals
}

// Who sends all his guesses in one moment is allowed no more of them than who
// sends one after the other: those that are free, the one that closes the door,
// and two that wait until it opens again.
func TestGuessingAtOnceGainsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(conf.NewLive(conf.Default()))
		var looked, looking atomic.Int32
		refusals := atOnce(400, func(i int) *Refusal {
			return g.guarded(t.Context(), guesserIP, fmt.Sprint("dj:", i), func() *Refusal {
				looked.Add(1)
				if now := looking.Add(1); now > freeGuesses+1 {
					t.Errorf("%d are looked at at once", now)
				}
				defer looking.Add(-1)
				time.Sleep(aHook)
				return &Refusal{wrong: true}
			})
		})
		if n := looked.Load(); n != freeGuesses+3 {
			t.Errorf("%d of 400 guesses were looked at", n)
		}
		later := 0
		for _, refusal := range refusals {
			if refusal.RetryAfter > 0 {
				later++
			}
		}
		if later != 400-freeGuesses-3 {
			t.Errorf("%d of 400 are told to come later", later)
		}
		if th := g.throttle; th.held != 0 || th.of(household(guesserIP)).looks != 0 {
			t.Errorf("%d wait still, %d are looked at", th.held, th.of(household(guesserIP)).looks)
		}
	})
}

// When the power is back in a studio, its encoders come in the same second, from
// one address that nobody knows yet: all are let in within seconds, however their
// logins are looked at.
func TestAStudioComesBackAtOnce(t *testing.T) {
	const encoders = 20
	dj := func(i int) string { return fmt.Sprint("dj", i) }
	ways := map[string]func(t *testing.T, g *Gate) (send func(i int) *Refusal){
		"by a web server": func(t *testing.T, g *Gate) func(int) *Refusal {
			return func(i int) *Refusal {
				return g.guarded(t.Context(), guesserIP, dj(i), func() *Refusal { time.Sleep(aHook); return nil })
			}
		},
		"by bcrypt": func(t *testing.T, g *Gate) func(int) *Refusal {
			h := g.Htpasswd("/members")
			for i := range encoders {
				h.roll().add(dj(i), hash{EncodedPasswd: slowHash{aBcrypt, make(chan struct{}, 1)}})
			}
			return func(i int) *Refusal {
				return g.guarded(t.Context(), guesserIP, dj(i), func() *Refusal { return h.check(t.Context(), guesserIP, dj(i), "wonder") })
			}
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, g := members(t, kinds)
				g.throttle = newThrottle()
				send := way(t, g)
				began := time.Now()
				for i, refusal := range atOnce(encoders, send) {
					if refusal != nil {
						t.Errorf("encoder %d: %v", i, refusal)
					}
				}
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("all are let in after %v", took)
				}
			})
		})
	}
}

// A login whose look ends by a bug is not looked at for ever.
func TestALookThatPanicsHasEnded(t *testing.T) {
	g := NewGate(conf.NewLive(conf.Default()))
	for range freeGuesses + 1 {
		func() {
			defer func() { recover() }()
			g.guarded(t.Context(), guesserIP, "dj:x", func() *Refusal { panic("a bug") })
		}()
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if refusal := g.guarded(impatient, guesserIP, "dj:y", func() *Refusal { return nil }); refusal != nil {
		t.Error(refusal)
	}
}
