package auth

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/auth/throttle"
	"relay/conf"
)

// How long it may take to check a login: for a web server, and to hash a password.
const (
	aHook   = 300 * time.Millisecond
	aBcrypt = 70 * time.Millisecond
)

// atOnce sends n logins in one moment, and returns the refusals.
func atOnce(n int, send func(i int) *Refusal) []*Refusal {
	refusals := make([]*Refusal, n)
	var sent sync.WaitGroup
	for i := range n {
		sent.Go(func() { refusals[i] = send(i) })
	}
	sent.Wait()
	return refusals
}

// When the power returns in a studio, its encoders come in the same second, from one
// address that has not been seen before. All are let in within seconds, however their
// logins are checked.
func TestAStudioComesBackAtOnce(t *testing.T) {
	const encoders = 20
	dj := func(i int) string { return fmt.Sprint("dj", i) }
	ways := map[string]func(t *testing.T, g *Gate) (send func(i int) *Refusal){
		"by a web server": func(t *testing.T, g *Gate) func(int) *Refusal {
			return func(i int) *Refusal {
				return g.guarded(t.Context(), netip.MustParseAddr(guesserIP), dj(i), func() *Refusal { time.Sleep(aHook); return nil })
			}
		},
		"by bcrypt": func(t *testing.T, g *Gate) func(int) *Refusal {
			return func(i int) *Refusal {
				return g.guarded(t.Context(), netip.MustParseAddr(guesserIP), dj(i), func() *Refusal {
					right, _ := g.hashing.Match(t.Context(), netip.MustParseAddr(guesserIP), dj(i), func() bool { time.Sleep(aBcrypt); return true })
					if !right {
						return busy(ofUser(dj(i)))
					}
					return nil
				})
			}
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewGate(conf.NewLive(conf.Default()), zap.NewNop())
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

// A check that ends by a bug does not count as under way for ever.
func TestALookThatPanicsHasEnded(t *testing.T) {
	g := NewGate(conf.NewLive(conf.Default()), zap.NewNop())
	for range throttle.FreeGuesses + 1 {
		func() {
			defer func() { recover() }()
			g.guarded(t.Context(), netip.MustParseAddr(guesserIP), "dj:x", func() *Refusal { panic("a bug") })
		}()
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if refusal := g.guarded(impatient, netip.MustParseAddr(guesserIP), "dj:y", func() *Refusal { return nil }); refusal != nil {
		t.Error(refusal)
	}
}
