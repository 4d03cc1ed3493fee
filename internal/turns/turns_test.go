package turns

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"relay/conf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const work = 70 * time.Millisecond

func from(ip string) []netip.Prefix { return conf.ClientPrefixes(netip.MustParseAddr(ip)) }

// do works for d in a turn, and reports whether it got one.
func (t *Turns) do(ctx context.Context, who []netip.Prefix, d time.Duration) bool {
	done := t.Take(ctx, who)
	if done == nil {
		return false
	}
	time.Sleep(d)
	done()
	return true
}

// However much work one client has, it gets no more than its share of the turns, and
// the next client comes after those. A client may have many IPv6 networks.
func TestClientsShareTheTurns(t *testing.T) {
	floods := map[string]func(i int) string{
		"an IPv4 address": func(int) string { return "192.0.2.1" },
		"a /64":           func(i int) string { return fmt.Sprintf("2001:db8::%x", i) },
		"a /56":           func(i int) string { return fmt.Sprintf("2001:db8:0:%x::1", i) },
		"a /48":           func(i int) string { return fmt.Sprintf("2001:db8:0:%x::1", i<<8) },
	}
	for name, flood := range floods {
		for _, atOnce := range []int{1, 2, 4, 7} {
			t.Run(fmt.Sprintf("%s, %d at once", name, atOnce), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					turns := New(atOnce)
					var working sync.WaitGroup
					for i := range 120 {
						working.Go(func() { turns.do(t.Context(), from(flood(i)), work) })
					}
					synctest.Wait()
					if n := len(turns.all); n != turns.share {
						t.Errorf("one client has %d turns, its share is %d", n, turns.share)
					}
					for _, other := range [][]netip.Prefix{from("192.0.2.9"), from("2001:db8:1::1"), nil} {
						began := time.Now()
						if !turns.do(t.Context(), other, 0) {
							t.Error("another client has no turn")
						}
						if waited := time.Since(began); waited > work {
							t.Errorf("another client waits for %v", waited)
						}
					}
					working.Wait()
					if len(turns.own) != 0 || len(turns.all) != 0 {
						t.Errorf("%d clients are remembered, %d turns are taken", len(turns.own), len(turns.all))
					}
				})
			})
		}
	}
}

// Turns are given in the order of the requests, and a request that is given up leaves
// nothing behind.
func TestWaitingForATurnEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := New(1)
		done := turns.Take(t.Context(), from("192.0.2.1"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for _, ip := range []string{"192.0.2.1", "2001:db8::1"} {
			if turns.Take(ctx, from(ip)) != nil {
				t.Errorf("%s has a turn that another has", ip)
			}
		}
		var mu sync.Mutex
		var order []int
		var waiting sync.WaitGroup
		for i := range 5 {
			waiting.Go(func() {
				end := turns.Take(t.Context(), from("192.0.2.1"))
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				end()
			})
			synctest.Wait()
		}
		done()
		waiting.Wait()
		if fmt.Sprint(order) != "[0 1 2 3 4]" {
			t.Errorf("the order is %v", order)
		}
		if len(turns.own) != 0 || len(turns.all) != 0 {
			t.Errorf("%d clients are remembered, %d turns are taken", len(turns.own), len(turns.all))
		}
	})
}
