package rewind

import (
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/clock"
)

// Shelf is all stores of a server. They share descriptors. Safe for concurrent use.
type Shelf struct {
	clock *clock.Clock
	log   *zap.Logger
	open  descriptors

	mu     sync.Mutex
	stores map[*Store]struct{} // that run
	lost   time.Duration       // of those that have ended
	errors int64               // likewise
}

// NewShelf returns a shelf. day gives the time: a clock that is set wrong must not remove
// anything.
func NewShelf(day *clock.Clock, log *zap.Logger) *Shelf {
	return &Shelf{clock: day, log: log, stores: map[*Store]struct{}{}}
}

// Store returns a store of a mount in a folder that mounts share, the rewind_dir. It does
// not wait for the disk: Run reads what is there, and creates the folder if only that is
// missing, but not its parent.
func (s *Shelf) Store(dir, mount string) *Store {
	dir = filepath.Join(dir, conf.FileStem(mount))
	return &Store{
		shelf: s, mount: mount, dir: dir, log: s.log.With(zap.String("mount", mount)), sys: files,
		witness: s.clock.Witness(filepath.Join(dir, timeFile)),
		queue:   newQueue(), reads: newReads(),
		changed: make(chan struct{}),
	}
}

// enter counts a store in while it runs.
func (s *Shelf) enter(one *Store) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stores[one] = struct{}{}
}

// leave counts a store out. What it has lost stays.
func (s *Shelf) leave(one *Store) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.stores, one)
	s.lost += time.Duration(one.health.lost.sum.Load())
	s.errors += one.Fault().Total
}
