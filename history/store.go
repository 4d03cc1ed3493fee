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

	"relay/conf"
	"relay/internal/clock"
	"relay/internal/crew"
	"relay/internal/fault"
	"relay/internal/logging"
)

const (
	// queued is the maximum number of entries waiting for the disk.
	queued = 16 << 10

	// sampleEvery is how often the number of listeners is recorded.
	sampleEvery = time.Minute

	// answerWithin is how long a disk may take before that counts as a fault.
	answerWithin = 10 * time.Second

	// goodbye is how long the disk may take to write the remaining entries at shutdown.
	goodbye = 3 * time.Second
)

// ErrOff means that no history is kept.
var ErrOff = errors.New("the history is off: [history] off = true")

var errClosed = errors.New("the history is closed: the server is shutting down")

// Store keeps the history of a server. A nil Store keeps nothing. Safe for concurrent
// use.
type Store struct {
	present Present
	clock   *clock.Clock

	conf  conf.History
	log   *zap.Logger
	queue chan entry
	lost  atomic.Int64
	ready chan struct{} // closed after the first attempt to open the file

	batchTime time.Duration             // how long entries wait to be written with others
	look      time.Duration             // how often the file is checked
	retry     time.Duration             // the first pause after a failure of the disk
	goodbye   time.Duration             // the time limit for the end of Run
	open      func() (*database, error) // tests replace it: disks that hang
	limit     func(*sql.DB) error       // tests call it first, for a disk that is full; may be nil

	began   time.Time
	upSince atomic.Int64 // since when reports count the server as up, Unix ms; 0: not yet
	asked   atomic.Int64 // when the pending disk operation began, ns after began; 0: none is pending

	fault     fault.Fault  // of writing
	suspected atomic.Bool  // a report found the file damaged
	forgotten atomic.Int64 // entries lost since the start
	size      atomic.Int64 // of the file, bytes

	settling chan chan struct{} // asks the writer to write now, and then close the channel
	moment   chan struct{}      // holds a value while the writer commits or a report begins to read
	written  written

	mu      sync.Mutex
	current *database // nil: there is none to read
	trouble string    // why there is none
	damaged []string  // files that were set aside
}

// Present is what is going on now. Reports count it, since the file has only what has
// ended.
type Present interface {
	// Listeners returns the number of listeners of each mount.
	Listeners() map[string]int
	// Sessions returns the current listeners. Stayed is not set in them.
	Sessions() []Session
	// Airtimes returns the inputs that are on the air. Stayed is not set in them.
	Airtimes() []Airtime
}

// nothing is the Present of a store that was given none.
type nothing struct{}

func (nothing) Listeners() map[string]int { return nil }
func (nothing) Sessions() []Session       { return nil }
func (nothing) Airtimes() []Airtime       { return nil }

// New returns a store that Run starts, or nil if the configuration asks for no history.
// It does not open the file. present may be nil: nothing is going on. day gives the time: a
// clock that is set wrong must not delete the past.
func New(c conf.History, present Present, day *clock.Clock, log *zap.Logger) *Store {
	if c.Off {
		return nil
	}
	if present == nil {
		present = nothing{}
	}
	s := &Store{
		present: present, clock: day,
		conf: c, log: log,
		began:     time.Now(),
		queue:     make(chan entry, queued),
		ready:     make(chan struct{}),
		settling:  make(chan chan struct{}),
		moment:    make(chan struct{}, 1),
		batchTime: time.Second,
		look:      lookEvery,
		retry:     time.Second,
		goodbye:   goodbye,
	}
	s.open = func() (*database, error) { return openDatabase(s.conf, s.limit) }
	return s
}

// Run writes entries until ctx ends, then the remaining ones. If the disk does not
// answer, it gives up after a time limit. Call it once.
func (s *Store) Run(ctx context.Context) {
	if s == nil {
		return
	}
	var sampling sync.WaitGroup
	sampling.Go(func() { s.sample(ctx) })
	if !crew.Within(ctx, s.goodbye, newWriter(s).run) {
		s.log.Error("the disk does not answer: the history may lack its end")
	}
	sampling.Wait()
	s.tellLost()
}

// sample records the number of listeners once a minute, until ctx ends.
func (s *Store) sample(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		s.Sample(time.Now(), s.present.Listeners())
		s.tellLost()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// tellLost logs how many entries were lost since the last call.
func (s *Store) tellLost() {
	if n := s.lost.Swap(0); n > 0 {
		s.forgotten.Add(n)
		s.log.Warn("the history could not keep up: some entries are lost", zap.Int64("lost entries", n), logging.Limit())
	}
}

// Kept reports whether a history is kept.
func (s *Store) Kept() bool { return s != nil }

// File returns the path of the history; empty: in memory, or off.
func (s *Store) File() string {
	if s == nil {
		return ""
	}
	return s.conf.File
}

// Trouble returns why nothing can be written at present, or what reports lack because
// of damage; empty if there is no trouble.
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

// hangs reports whether the disk has not answered for a long time, and since when.
func (s *Store) hangs() (since time.Time, yes bool) {
	asked := s.asked.Load()
	if asked == 0 || time.Since(s.began)-time.Duration(asked) <= answerWithin {
		return time.Time{}, false
	}
	return s.began.Add(time.Duration(asked)), true
}

// use makes reports read from d; nil means none, because of trouble.
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

// reading returns the database to read from. It waits for the first attempt to open
// one, but not longer than ctx.
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
