// Package clock notices when the clock of the day is set while the program runs.
// Nothing on the air goes by that clock; what is deleted for its age does.
package clock

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	lookEvery = time.Second

	// noticed is how far the clock must be set for it to be told: time servers
	// that let it run faster or slower stay below.
	noticed = 2 * time.Second

	// doubted is how long a jump forward is not believed by those who delete.
	doubted = 24 * time.Hour
)

// Clock is the clock of the day, watched by one that nobody sets. Safe for
// concurrent use.
type Clock struct {
	log  *zap.Logger
	read func() (day time.Time, up time.Duration)

	mu    sync.Mutex
	day   time.Time     // at the last look
	up    time.Duration // likewise
	jumps []jump        // of the time in which they are doubted
}

type jump struct {
	seen time.Duration // of the clock that nobody sets
	by   time.Duration
}

// New returns a clock that tells log when it is set, as long as Run runs.
func New(log *zap.Logger) *Clock {
	began := time.Now()
	return newClock(log, func() (time.Time, time.Duration) {
		now := time.Now()
		return now.Round(0), now.Sub(began)
	})
}

func newClock(log *zap.Logger, read func() (time.Time, time.Duration)) *Clock {
	c := &Clock{log: log, read: read}
	c.day, c.up = read()
	return c
}

// Run looks at the clock until ctx ends.
func (c *Clock) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.Settled()
		case <-ctx.Done():
			return
		}
	}
}

// Settled returns the time for those who delete what is old: it leaves out by
// how much the clock was set forward within the last day, so that what is still
// wanted outlives a clock that was wrong for a while.
func (c *Clock) Settled() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	day, up := c.read()
	c.notice(day, up)
	c.day, c.up = day, up
	for len(c.jumps) > 0 && up-c.jumps[0].seen >= doubted {
		c.jumps = c.jumps[1:]
	}
	var forward time.Duration
	for _, j := range c.jumps {
		forward += j.by
	}
	return day.Add(-max(forward, 0))
}

// notice tells of a jump since the last look. c.mu is held.
func (c *Clock) notice(day time.Time, up time.Duration) {
	should := c.day.Add(up - c.up)
	by := day.Sub(should)
	if by.Abs() < noticed {
		return
	}
	c.jumps = append(c.jumps, jump{up, by})
	said := "the clock was set back; the broadcast goes on"
	if by > 0 {
		said = "the clock was set forward; the broadcast goes on, and for a day nothing is deleted because of it"
	}
	c.log.Warn(said, zap.Duration("by", by.Round(time.Millisecond)), zap.Time("from", should), zap.Time("to", day))
}
