package htpasswd

import (
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"relay/auth/throttle"
	"relay/internal/turns"
)

const guesserIP = "198.51.100.7"

// A client alone uses its whole share, and a client that waits too long gets no turn.
func TestTurnsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHashing(turns.New(4), throttle.New())
		began := time.Now()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if !h.inTurn(t.Context(), netip.MustParseAddr(guesserIP), func() { time.Sleep(TurnTimeout - time.Second) }) {
					t.Error("no turn")
				}
			})
		}
		synctest.Wait()
		all.Wait()
		if took := time.Since(began); took != 2*(TurnTimeout-time.Second) {
			t.Errorf("took %v", took)
		}
		all.Go(func() { h.inTurn(t.Context(), netip.MustParseAddr(guesserIP), func() { time.Sleep(2 * TurnTimeout) }) })
		all.Go(func() { h.inTurn(t.Context(), netip.MustParseAddr(guesserIP), func() { time.Sleep(2 * TurnTimeout) }) })
		synctest.Wait()
		began = time.Now()
		if h.inTurn(t.Context(), netip.MustParseAddr(guesserIP), func() { t.Error("hashes") }) || time.Since(began) != TurnTimeout {
			t.Errorf("waited %v", time.Since(began))
		}
		all.Wait()
	})
}
