package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/clock"
	"relay/conf"
	"relay/crew"
	"relay/internal/fault"
	"relay/internal/logging"
)

const (
	// queued is how many entries may wait for the disk.
	queued = 16 << 10

	// sampleEvery is how often it is noted how many listen.
	sampleEvery = time.Minute

	// answerWithin is how long a disk may take before that is trouble.
	answerWithin = 10 * time.Second

	// goodbye is how long a disk may take to write what is left at the end.
	goodbye = 3 * time.Second
)

// ErrOff says that no history is kept.
var ErrOff = errors.New("no history is kept: [history] off = true")

var errClosed = errors.New("the history is closed: the server is shutting down")

// Store keeps the history of a server. A nil Store keeps nothing. Safe for
// concurrent use.
type Store struct {
	// Listeners, if set before Run, tells how many listen to each mount.
	Listeners func() map[string]int
	// Present, if set before Run, tells who listens now, so that reports count
	// stays that have not ended. How long they have lasted is left out.
	Present func() []Listening
	// OnAir, if set before Run, tells what is on the air now, likewise.
	OnAir func() []Session
	// Clock, if set before Run, tells what time it is: one that was set wrong must
	// not delete the past.
	Clock *clock.Clock

	conf  conf.History
	log   *zap.Logger
	queue chan entry
	lost  atomic.Int64
	ready chan struct{} // closed when opening was tried for the first time

	batchTime time.Duration             // how long entries wait for others to be written with
	look      time.Duration             // how often it is looked what has become of the file
	retry     time.Duration             // how long a disk that failed is left alone the first time
	goodbye   time.Duration             // how long the end may take
	open      func() (*database, error) // a test has others: disks that hang
	limit     func(*sql.DB) error       // what a test does first: disks that are full; nil: nothing

	began time.Time
	asked atomic.Int64 // how long after it began the disk was asked for what it has not done yet, ns; 0: nothing

	fault     fault.Fault  // of writing
	suspected atomic.Bool  // a report found the file damaged
	forgotten atomic.Int64 // entries lost since the start
	size      atomic.Int64 // of the file, bytes

	mu      sync.Mutex
	current *database // nil: there is none to read
	trouble string    // why there is none
	damaged []string  // files that were set aside
}

// New returns a store at rest, which Run sets to work, or nil when no history
// is wanted. Nothing is opened yet.
func New(c conf.History, log *zap.Logger) *Store {
	if c.Off {
		return nil
	}
	s := &Store{
		Clock: clock.New(log),
		conf:  c, log: log,
		began:     time.Now(),
		queue:     make(chan entry, queued),
		ready:     make(chan struct{}),
		batchTime: time.Second,
		look:      lookEvery,
		retry:     time.Second,
		goodbye:   goodbye,
	}
	s.open = func() (*database, error) { return openDatabase(s.conf, s.limit) }
	return s
}

// Run writes until ctx ends, then what is still waiting. It does not wait for
// ever for a disk that does not answer. It is called once.
func (s *Store) Run(ctx context.Context) {
	if s == nil {
		return
	}
	var sampling sync.WaitGroup
	sampling.Go(func() { s.sample(ctx) })
	if !crew.Within(ctx, s.goodbye, newWriter(s).run) {
		s.log.Error("the disk does not answer, the history may lack its end")
	}
	sampling.Wait()
	s.tellLost()
}

// sample notes once a minute how many listen, until ctx ends.
func (s *Store) sample(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		if s.Listeners != nil {
			s.Sample(time.Now(), s.Listeners())
		}
		s.tellLost()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// tellLost logs how many entries were lost since it was last called.
func (s *Store) tellLost() {
	if n := s.lost.Swap(0); n > 0 {
		s.forgotten.Add(n)
		s.log.Warn("the history could not keep up", zap.Int64("lost entries", n), logging.Limit())
	}
}

// Kept reports whether any history is kept.
func (s *Store) Kept() bool { return s != nil }

// File is where the history is kept; empty: in memory, or nowhere.
func (s *Store) File() string {
	if s == nil {
		return ""
	}
	return s.conf.File
}

// Trouble says why nothing can be written at present, or what reports lack because
// of damage; empty: nothing is wrong.
func (s *Store) Trouble() string {
	if s == nil {
		return ""
	}
	if _, hangs := s.hangs(); hangs {
		return "the disk does not answer"
	}
	if now := s.fault.State(); now.Text != "" {
		return now.Text
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.damaged) > 0 {
		return fmt.Sprintf("a damaged file was set aside, and reports lack what it held: %s; move or remove it to end this message", strings.Join(s.damaged, ", "))
	}
	return ""
}

// hangs reports whether the disk has not answered for long, and since when.
func (s *Store) hangs() (since time.Time, yes bool) {
	asked := s.asked.Load()
	if asked == 0 || time.Since(s.began)-time.Duration(asked) <= answerWithin {
		return time.Time{}, false
	}
	return s.began.Add(time.Duration(asked)), true
}

// use lets reports read from a database; nil for none, and why.
func (s *Store) use(d *database, trouble string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.trouble = d, trouble
	select {
	case <-s.ready:
	default:
		close(s.ready)
	}
}

// reading returns the database to read from. It waits for the first attempt to
// open one, no longer than ctx.
func (s *Store) reading(ctx context.Context) (*database, error) {
	if s == nil {
		return nil, ErrOff
	}
	select {
	case <-s.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.current != nil:
		return s.current, nil
	case s.trouble == "":
		return nil, errClosed
	}
	return nil, errors.New("the history cannot be read: " + s.trouble)
}
