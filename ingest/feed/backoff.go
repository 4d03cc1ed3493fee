package feed

import (
	"math/rand/v2"
	"time"
)

const (
	minWait = time.Second

	// MaxWait bounds the wait between two attempts while no listener waits.
	MaxWait = 30 * time.Second

	// SteadyAfter is how long a stream must have played so that the first attempt
	// after its loss is immediate.
	SteadyAfter = time.Minute
)

// A Backoff computes the wait between attempts: twice as long each time, up to a
// bound. Every wait is cut at random by up to a half, so that relays that lost the
// same server do not return to it all at once.
type Backoff struct{ now, longest time.Duration }

// NewBackoff returns a backoff whose first wait is 1 to 2 s; no wait exceeds longest.
func NewBackoff(longest time.Duration) Backoff {
	return Backoff{min(2*minWait, longest), longest}
}

// Next returns the next wait.
func (b *Backoff) Next() time.Duration {
	wait := b.now/2 + rand.N(b.now/2)
	b.now = min(2*b.now, b.longest)
	return wait
}

// Slow makes the next wait the longest.
func (b *Backoff) Slow() { b.now = b.longest }
