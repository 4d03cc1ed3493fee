package mounts

import (
	"math"
	"time"
)

const (
	// wholeJoin is the shortest join that leaves listeners all that a break may cost.
	wholeJoin = 2 * maxGrowth

	// One in fewEarly listeners may have joined early without any effect on the others.
	// To keep what early ones hold, silence fills shorter breaks, and the others hear more
	// of them.
	fewEarly = 5
)

// earlyJoins are the listeners that came when the stream was younger than a burst, as
// after a restart, so that they hold less than others. Guarded by Audience.mu.
type earlyJoins struct {
	count int
	least time.Duration // the least that one of them was given
}

func (e *earlyJoins) come(took time.Duration) {
	if e.count == 0 || took < e.least {
		e.least = took
	}
	e.count++
}

func (e *earlyJoins) leave() { e.count-- }

// Took notes how much audio l was given when it joined.
func (a *Audience) Took(l *Listener, took time.Duration) {
	if took >= wholeJoin {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, here := a.listeners[l.ID]; here && !l.visitor.early {
		l.visitor.early = true
		a.early.come(took)
	}
}

// leastJoin returns the least that listeners were given when they joined. A few early
// ones do not count.
func (a *Audience) leastJoin() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.early.count*fewEarly <= a.visitors {
		return math.MaxInt64
	}
	return a.early.least
}
