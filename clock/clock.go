// Package clock notices when the clock of the day is set, and says what time it
// is to whatever deletes what is old: a clock that is wrong for a while must
// delete nothing. Nothing on the air goes by the clock of the day.
package clock

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/internal/logging"
)

const (
	lookEvery = time.Second

	// noticed is how far the clock must be set for it to be told: time servers
	// that let it run faster or slower stay below.
	noticed = 2 * time.Second
)

// Clock is the clock of the day, watched by one that nobody sets. Safe for
// concurrent use.
type Clock struct {
	log  *zap.Logger
	read func() (day time.Time, up time.Duration)

	mu        sync.Mutex
	day       time.Time     // at the last look
	up        time.Duration // likewise
	witnesses map[*Witness]struct{}

	held logging.Held // lines of its witnesses, which are asked under locks of others
}

// New returns a clock that tells log when it is set, as long as Run runs.
func New(log *zap.Logger) *Clock {
	began := time.Now()
	return Of(log, func() (time.Time, time.Duration) {
		now := time.Now()
		return now.Round(0), now.Sub(began)
	})
}

// Of returns a clock that reads the time of day, and how long the program has run,
// from a function.
func Of(log *zap.Logger, read func() (day time.Time, up time.Duration)) *Clock {
	c := &Clock{log: log, read: read, witnesses: map[*Witness]struct{}{}}
	c.day, c.up = read()
	return c
}

// Run looks at the clock, and logs what its witnesses have noticed, until ctx
// ends.
func (c *Clock) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	defer c.held.Write()
	for {
		select {
		case <-tick.C:
			c.look()
			c.held.Write()
		case <-ctx.Done():
			return
		}
	}
}

// Doubt is by how much the clock is not believed where files are deleted for their
// age; 0: it is. Nobody waits for a disk.
func (c *Clock) Doubt() (most time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for w := range c.witnesses {
		most = max(most, w.Doubt())
	}
	return most
}

// look tells of a jump since the last look.
func (c *Clock) look() {
	c.mu.Lock()
	day, up := c.read()
	should := c.day.Add(up - c.up)
	c.day, c.up = day, up
	c.mu.Unlock()
	by := day.Sub(should)
	if by.Abs() < noticed {
		return
	}
	said := "the clock was set back; the broadcast goes on"
	if by > 0 {
		said = "the clock was set forward; the broadcast goes on, and for a day nothing is deleted because of it"
	}
	c.log.Warn(said, zap.Duration("by", by.Round(time.Millisecond)), zap.Time("from", should), zap.Time("to", day))
}
