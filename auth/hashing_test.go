package auth

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// aBcrypt is how long it may take to hash a password.
const aBcrypt = 70 * time.Millisecond

// A household alone uses its share in full, and who waits too long is told so.
func TestTurnsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHashing(4)
		began := time.Now()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if !h.inTurn(t.Context(), guesserIP, func() { time.Sleep(hashingTimeout - time.Second) }) {
					t.Error("no turn")
				}
			})
		}
		synctest.Wait()
		all.Wait()
		if took := time.Since(began); took != 2*(hashingTimeout-time.Second) {
			t.Errorf("took %v", took)
		}
		all.Go(func() { h.inTurn(t.Context(), guesserIP, func() { time.Sleep(2 * hashingTimeout) }) })
		all.Go(func() { h.inTurn(t.Context(), guesserIP, func() { time.Sleep(2 * hashingTimeout) }) })
		synctest.Wait()
		began = time.Now()
		if h.inTurn(t.Context(), guesserIP, func() { t.Error("hashes") }) || time.Since(began) != hashingTimeout {
			t.Errorf("waited %v", time.Since(began))
		}
		all.Wait()
	})
}
