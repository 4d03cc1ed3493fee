package ingest

import (
	"math/rand/v2"
	"time"
)

const (
	shortestWait        = time.Second
	longestWait         = 30 * time.Second
	longestWaitOnDemand = 5 * time.Second
)

// A backoff says how long to wait between attempts: twice as long each time,
// up to a bound. Every wait is cut at random by up to a half, lest all who lost
// the same server come back to it at once.
type backoff struct{ now, longest time.Duration }

func newBackoff(longest time.Duration) backoff {
	return backoff{min(2*shortestWait, longest), longest}
}

func (b *backoff) next() time.Duration {
	wait := b.now/2 + rand.N(b.now/2)
	b.now = min(2*b.now, b.longest)
	return wait
}

// slow goes straight to the longest wait.
func (b *backoff) slow() { b.now = b.longest }
