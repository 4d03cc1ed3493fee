package auth

import (
	"context"
	"crypto/rand"
	"net/netip"
	"sync/atomic"
	"time"

	"relay/auth/throttle"
)

const guesserIP = "198.51.100.7"

// clock is a time that passes when it is waited for.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

// clocked gives a throttle a clock of its own, and returns it.
func clocked(th *throttle.Throttle) *clock {
	c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	th.Now = c.now
	th.Wait = func(_ context.Context, _ <-chan struct{}, d time.Duration) { c.pass(d) }
	return c
}

// guess tries n different wrong logins from guesserIP as fast as possible, and returns how
// long that took.
func guess(th *throttle.Throttle, c *clock, n int) time.Duration {
	begun := c.at
	for i := 0; i < n; {
		login := rand.Text()
		done, closed := th.Admit(context.Background(), netip.MustParseAddr(guesserIP), login)
		if closed > 0 {
			c.pass(closed)
			continue
		}
		th.Wrong(netip.MustParseAddr(guesserIP), login)
		done()
		i++
	}
	return c.at.Sub(begun)
}

// unhurried makes a gate check every guess, for tests of something else.
func unhurried(g *Gate) *Gate {
	var hours atomic.Int64
	g.throttle.Now = func() time.Time { return time.Unix(3600*hours.Add(1), 0) }
	return g
}
