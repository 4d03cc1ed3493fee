package rewind

import (
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"relay/internal/disk"
)

const (
	// maxReads is how many reads of a store may wait for the disk at the same time.
	maxReads = 8

	// impatience is how long to wait for a read while another one does not return.
	impatience = time.Second
)

// reads bounds what a disk that does not answer costs.
type reads struct {
	slots chan struct{}
	late  atomic.Int32 // reads that have taken longer than their caller waited
}

func newReads() reads { return reads{slots: make(chan struct{}, maxReads)} }

// buffers are for reads on their way: their callers may give up, and take theirs back.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// readAt reads from the audio of a reel. Most listeners hear what was written or read not
// long ago, which costs no goroutine.
func (s *Store) readAt(r *reel, p []byte, at int64) (int, error) {
	if f := s.shelf.open.use(r.audioPath(), nil); f != nil {
		done := readCached(f.input, p, at)
		s.shelf.open.give(f)
		if done {
			return len(p), nil
		}
	}
	return s.readWithin(r, p, at)
}

// readWithin is readAt for what may be on the disk only. It has a limit.
func (s *Store) readWithin(r *reel, p []byte, at int64) (int, error) {
	patience := disk.Patience
	if s.reads.late.Load() > 0 {
		patience = impatience
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case s.reads.slots <- struct{}{}:
	case <-timer.C:
		return 0, noAnswer(r)
	}
	b := buffers.Get().(*[]byte)
	*b = slices.Grow((*b)[:0], len(p))[:len(p)]
	var n int
	var err error
	done := make(chan struct{})
	go func() {
		n, err = s.readFile(r, *b, at)
		<-s.reads.slots
		close(done)
	}()
	select {
	case <-done:
		copy(p, (*b)[:n])
		buffers.Put(b)
		return n, err
	case <-timer.C:
		s.reads.late.Add(1)
		go func() {
			<-done
			s.reads.late.Add(-1)
		}()
		return 0, noAnswer(r)
	}
}

func noAnswer(r *reel) error {
	return &fs.PathError{Op: "read", Path: r.audioPath(), Err: disk.ErrNoAnswer}
}

// readFile is readAt without a limit.
func (s *Store) readFile(r *reel, p []byte, at int64) (int, error) {
	f, err := s.shelf.open.take(r.audioPath(), s.sys.open)
	if err != nil {
		return 0, err
	}
	defer s.shelf.open.give(f)
	return f.ReadAt(p, at)
}
