package rewind

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/internal/clock"
	"relay/internal/crew"
	"relay/internal/fault"
	"relay/internal/filelock"
)

const (
	// tidyEvery is how often reels that are too old are removed.
	tidyEvery = 5 * time.Minute

	// retryAfter is the pause after a failure of the disk.
	retryAfter = 10 * time.Second

	// goodbye is how long the disk may take to write the rest at the end.
	goodbye = 5 * time.Second
)

// Store is the rewind of one mount. One goroutine appends segments; everything else is safe
// for concurrent use.
type Store struct {
	shelf *Shelf
	mount string
	dir   string // the mount's own
	log   *zap.Logger
	sys   system

	witness *clock.Witness // decides which reels are too old
	keep    atomic.Int64   // ns; 0: for ever
	space   atomic.Int64   // bytes; 0: no limit

	queue  *queue
	health health
	reads  reads

	// Of the goroutine that writes.
	lock    *filelock.Lock // nil: the folder is not locked
	writing *writing       // nil: no reel is being written
	retry   time.Time      // no attempt before this time, after a failure

	mu      sync.Mutex // never held while waiting for a disk
	reels   []*reel    // in the order in which they were written
	counted int64      // the highest count of a reel so far
	loaded  loaded     // segments of reels that are not being written
	changed chan struct{}
}

// Limit sets for how long and in how many bytes segments are kept; 0: no limit. The oldest
// are removed, a reel at a time: what is too old within five minutes, what needs too much
// room before the next segment is written.
func (s *Store) Limit(keep time.Duration, space int64) {
	s.keep.Store(int64(keep))
	s.space.Store(space)
}

// Run keeps what is appended until ctx ends. It returns at the latest a few seconds after
// that, also if the disk does not answer. A store runs once, and two of one mount do not
// run at the same time: the second has an error until the first has ended.
func (s *Store) Run(ctx context.Context) {
	s.shelf.enter(s)
	defer s.shelf.leave(s)
	if !crew.Within(ctx, goodbye, s.run) {
		s.log.Error("the disk does not answer: the rewind may lack its end")
	}
}

// Append adds a segment behind all others. It never waits: what a disk does not take in time
// is lost.
func (s *Store) Append(t Segment) {
	if err := t.problem(); err != nil {
		s.health.refuses(err, t.Length, s.log)
		return
	}
	if !s.queue.put(t) {
		s.health.late(t.Length, s.log)
	}
}

// Fault returns why nothing is kept at present, if so. It does not wait for disks.
func (s *Store) Fault() fault.State { return s.health.state() }

// Kept is what a store has.
type Kept struct {
	Length time.Duration // of the audio
	Bytes  int64         // of its files
}

// Kept returns how much there is. It does not wait for disks.
func (s *Store) Kept() (k Kept) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.reels {
		k.Length += r.length
		k.Bytes += r.size()
	}
	return k
}

// Changed returns a channel that is closed when there are other segments than now.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// tell closes the channels of Changed. s.mu is held.
func (s *Store) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}
