package listeners

import (
	"sync/atomic"
	"time"
)

// A shard that has work due for most of the time lengthens the intervals of all its
// listeners, evenly, up to twice: that costs each a part of its lead, but none of them
// its audio.
const (
	backlogWindow = 250 * time.Millisecond
	tooBusy       = 0.8 // of the window: intervals become longer
	easy          = 0.5 // of the window: they become shorter again
	lengthen      = 20  // per cent
	shorten       = 2
	unstretched   = 100
	maxStretch    = 200
)

// backlog measures for how much of the time a shard has listeners that are due, and
// stretches the intervals if that is too much.
type backlog struct {
	stretch atomic.Int64 // per cent; only the shard stores it

	began time.Time // of the window
	ended time.Time // when the shard was last done
	busy  time.Duration
}

// worked notes that listeners were due at due and flushed at now.
func (b *backlog) worked(due, now time.Time) {
	if due.Before(b.ended) {
		due = b.ended
	}
	b.busy += now.Sub(due)
	b.ended = now
	took := now.Sub(b.began)
	if took < backlogWindow {
		return
	}
	stretch := b.percent()
	switch share := float64(b.busy) / float64(took); {
	case share > tooBusy:
		stretch = min(stretch+lengthen, maxStretch)
	case share < easy:
		stretch = max(stretch-shorten, unstretched)
	}
	b.stretch.Store(stretch)
	b.began, b.busy = now, 0
}

// percent returns how long intervals are, in per cent of what they should be.
func (b *backlog) percent() int64 { return max(b.stretch.Load(), unstretched) }
