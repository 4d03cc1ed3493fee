package auth

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// aBcrypt is how long it may take to hash a password.
const aBcrypt = 70 * time.Millisecond

// However many logins one household sends, it has no more than its share, and
// the next household's has its turn after those.
func TestHouseholdsShareTheTurns(t *testing.T) {
	for _, atOnce := range []int{1, 2, 4, 7} {
		t.Run(fmt.Sprint(atOnce, " at once"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHashing(atOnce)
				var flood sync.WaitGroup
				for range 120 {
					flood.Go(func() {
						h.inTurn(t.Context(), household(guesserIP), func() { time.Sleep(aBcrypt) })
					})
				}
				synctest.Wait()
				if n := len(h.all); n != h.share {
					t.Errorf("one household hashes %d at once, its share is %d", n, h.share)
				}
				began := time.Now()
				if !h.inTurn(t.Context(), household(otherIP), func() {}) {
					t.Error("another household has no turn")
				}
				if waited := time.Since(began); waited > aBcrypt {
					t.Errorf("another household waits for %v", waited)
				}
				flood.Wait()
				if len(h.households) != 0 || len(h.all) != 0 {
					t.Errorf("%d households are remembered, %d turns are taken", len(h.households), len(h.all))
				}
			})
		})
	}
}

// A household alone uses its share in full, and who waits too long is told so.
func TestTurnsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHashing(4)
		began := time.Now()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if !h.inTurn(t.Context(), household(guesserIP), func() { time.Sleep(hashingTimeout - time.Second) }) {
					t.Error("no turn")
				}
			})
		}
		synctest.Wait()
		if n := len(h.all); n != 2 {
			t.Errorf("%d hash at once", n)
		}
		all.Wait()
		if took := time.Since(began); took != 2*(hashingTimeout-time.Second) {
			t.Errorf("took %v", took)
		}
		all.Go(func() { h.inTurn(t.Context(), household(guesserIP), func() { time.Sleep(2 * hashingTimeout) }) })
		all.Go(func() { h.inTurn(t.Context(), household(guesserIP), func() { time.Sleep(2 * hashingTimeout) }) })
		synctest.Wait()
		began = time.Now()
		if h.inTurn(t.Context(), household(guesserIP), func() { t.Error("hashes") }) || time.Since(began) != hashingTimeout {
			t.Errorf("waited %v", time.Since(began))
		}
		all.Wait()
	})
}
