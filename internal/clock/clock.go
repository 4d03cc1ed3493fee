// Package clock notices when the clock of the day is set, and gives the time by which
// old files and rows are deleted: a clock that is wrong for a while must not delete
// anything. Nothing on the air depends on the clock of the day.
package clock

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/internal/logging"
)

const (
	lookEvery = 5 * time.Second

	// noticed is the smallest change of the clock that is logged. The slow corrections
	// of time servers stay below it.
	noticed = 2 * time.Second
)

// Clock is the clock of the day, compared with one that nobody sets. Safe for
// concurrent use.
type Clock struct {
	log  *zap.Logger
	read func() (day time.Time, up time.Duration)

	mu        sync.Mutex
	day       time.Time     // at the last look
	up        time.Duration // running time at the last look
	witnesses map[*Witness]struct{}

	held logging.Held // lines of its witnesses, which are called under other locks
}

// New returns a clock that logs when it is set, while Run runs.
func New(log *zap.Logger) *Clock {
	began := time.Now()
	return Of(log, func() (time.Time, time.Duration) {
		now := time.Now()
		return now.Round(0), now.Sub(began)
	})
}

// Of returns a clock that gets the time of day and the running time of the program from
// read.
func Of(log *zap.Logger, read func() (day time.Time, up time.Duration)) *Clock {
	c := &Clock{log: log, read: read, witnesses: map[*Witness]struct{}{}}
	c.day, c.up = read()
	return c
}

// Run compares the clocks and logs the findings of the witnesses, until ctx ends.
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

// Doubt returns the largest Doubt of the witnesses: by how much the clock may be ahead
// where files are deleted by age; 0: the clock is believed. It does not wait for disks.
func (c *Clock) Doubt() (most time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for w := range c.witnesses {
		most = max(most, w.Doubt())
	}
	return most
}

// look logs a jump of the clock since the last look.
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
