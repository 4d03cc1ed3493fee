package throttle

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"relay/conf"
)

// aHook is how long a web server may take to check a login.
const aHook = 300 * time.Millisecond

// look lets a login be checked, and returns how long none is checked if it may not be.
func (t *Throttle) look(ctx context.Context, ip, login string, isRight func() bool) (closed time.Duration) {
	done, closed := t.Admit(ctx, netip.MustParseAddr(ip), login)
	if closed > 0 {
		return closed
	}
	defer done()
	if isRight() {
		t.Right(netip.MustParseAddr(ip), login)
	} else {
		t.Wrong(netip.MustParseAddr(ip), login)
	}
	return 0
}

// atOnce sends n logins in one moment, and returns how many were not checked.
func atOnce(n int, send func(i int) (closed time.Duration)) (later int32) {
	var refused atomic.Int32
	var sent sync.WaitGroup
	for i := range n {
		sent.Go(func() {
			if send(i) > 0 {
				refused.Add(1)
			}
		})
	}
	sent.Wait()
	return refused.Load()
}

// A client that sends all its guesses in one moment gets no more of them checked than one
// that sends them one after the other: the free ones, the one that closes the client, and
// two that wait until it is open again.
func TestGuessingAtOnceGainsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := New()
		var looked, looking atomic.Int32
		later := atOnce(400, func(i int) time.Duration {
			return th.look(t.Context(), guesserIP, fmt.Sprint("dj:", i), func() bool {
				looked.Add(1)
				if now := looking.Add(1); now > FreeGuesses+1 {
					t.Errorf("%d are looked at at once", now)
				}
				defer looking.Add(-1)
				time.Sleep(aHook)
				return false
			})
		})
		if n := looked.Load(); n != FreeGuesses+3 {
			t.Errorf("%d of 400 guesses were looked at", n)
		}
		if later != 400-FreeGuesses-3 {
			t.Errorf("%d of 400 are told to come later", later)
		}
		if th.held != 0 || th.of(conf.ClientPrefix(netip.MustParseAddr(guesserIP))).looks != 0 {
			t.Errorf("%d wait still, %d are looked at", th.held, th.of(conf.ClientPrefix(netip.MustParseAddr(guesserIP))).looks)
		}
	})
}
