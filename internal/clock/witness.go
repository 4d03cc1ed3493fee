package clock

import (
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

const (
	// doubted is how long a leap forward is not believed, measured in running time of
	// the program.
	doubted = 24 * time.Hour

	// told is how far ahead the clock must be for a log line. A restart takes less time
	// than this.
	told = time.Hour

	// unseen is the maximum age of the newest file in a place for the clock to be
	// believed, if nothing else is known: there may have been nothing new for a while.
	unseen = 6 * time.Hour

	// saveEvery is how often the time is saved.
	saveEvery = time.Minute

	// maxLeaps is the maximum number of leaps that are remembered separately.
	maxLeaps = 100
)

// Witness gives the time by which old files or rows in one place, such as a folder, are
// deleted. It remembers in a file what the clock showed at the last look. If the clock
// has leapt forward since, whether the program ran or not, the leap is not counted
// until the program has run for a day. So a clock that is wrong for a while makes
// nothing too old. Safe for concurrent use.
//
// A leap back is believed, since it makes nothing too old.
type Witness struct {
	clock *Clock

	path string // empty: nothing is saved
	log  *zap.Logger
	read func() (day time.Time, up time.Duration)

	doubt atomic.Int64 // ns, see Doubt
	idle  atomic.Bool  // see Idle

	mu     sync.Mutex // held while waiting for the disk
	loaded bool
	memory
	up     time.Duration // running time at the last look
	saved  time.Duration // running time at the last save
	ahead  time.Duration // running time when a file from the future was last seen
	broken string        // why the time could not be saved, as it was logged
}

// memory is the saved state of a witness.
type memory struct {
	day    time.Time // the clock at the last look
	leaps  []leap    // forward leaps that are not believed yet, the newest last
	future time.Time // when a file from the future was first seen; zero: there was none
}

type leap struct {
	by  time.Duration
	ago time.Duration // in running time of the program
}

// lag returns by how much the clock is ahead of the believed time.
func (m *memory) lag() (lag time.Duration) {
	for _, l := range m.leaps {
		lag += l.by
	}
	return lag
}

// Witness returns a witness that saves its state in a file of its own, or, with an
// empty path, keeps it while the program runs. It does not read the file yet. The clock
// includes its doubt until the witness is closed.
func (c *Clock) Witness(path string) *Witness {
	w := &Witness{clock: c, path: path, log: c.log, read: c.read}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.witnesses[w] = struct{}{}
	return w
}

// Idle sets whether nothing in the place is deleted by age at present. The time is
// still saved, but nothing is logged.
func (w *Witness) Idle(idle bool) { w.idle.Store(idle) }

// Close means that nothing in the place is deleted any more.
func (w *Witness) Close() {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	delete(w.clock.witnesses, w)
}

// Now returns the time by which age is decided. It may wait for a disk. If nothing was
// saved, it calls newest for the time of the newest file in the place from before the
// clock's time, zero if there is none.
func (w *Witness) Now(newest func(clock time.Time) time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	day, up := w.read()
	before := w.lag()
	if !w.loaded {
		w.load(day, newest)
		w.loaded, w.up, w.saved = true, up, up
	}
	w.look(day, up)
	w.tell(before)
	if up-w.saved >= saveEvery {
		w.save()
	}
	return w.day.Add(-w.lag())
}

// load restores the saved state.
func (w *Witness) load(day time.Time, newest func(time.Time) time.Time) {
	w.memory = memory{day: day}
	remembered, err := load(w.path)
	switch {
	case err != nil:
		w.clock.held.Add(w.log.Check(zap.WarnLevel, "cannot read the time of the last check: using the time of the newest file"), zap.String("file", w.path), zap.Error(err))
	case remembered != nil:
		w.memory = *remembered
		return
	}
	if at := newest(day); !at.IsZero() && day.Sub(at) > unseen {
		w.day = at
	}
}

// look advances the state by the running time since the last look, and notices leaps.
// w.mu is held.
func (w *Witness) look(day time.Time, up time.Duration) {
	passed := up - w.up
	by := day.Sub(w.day.Add(passed))
	w.day, w.up = day, up
	believed := 0
	for i := range w.leaps {
		if w.leaps[i].ago += passed; w.leaps[i].ago >= doubted {
			believed = i + 1 // and the older ones before it
		}
	}
	w.leaps = w.leaps[believed:]
	switch {
	case by >= noticed:
		w.leaps = append(w.leaps, leap{by: by})
	case by <= -noticed:
		w.takeBack(-by)
	}
	if n := len(w.leaps); n > maxLeaps {
		w.leaps[1].by += w.leaps[0].by
		w.leaps = w.leaps[1:]
	}
}

// takeBack removes forward leaps, the newest first: the clock was corrected.
func (w *Witness) takeBack(by time.Duration) {
	for n := len(w.leaps); n > 0 && by > 0; n = len(w.leaps) {
		last := &w.leaps[n-1]
		if last.by > by {
			last.by -= by
			return
		}
		by -= last.by
		w.leaps = w.leaps[:n-1]
	}
}

// tell logs that deletion is suspended, or no longer. w.mu is held.
func (w *Witness) tell(before time.Duration) {
	lag := w.lag()
	w.doubt.Store(int64(lag))
	if w.idle.Load() {
		return
	}
	about := []zap.Field{zap.String("file", w.path), zap.Duration("by", lag.Round(time.Second)), zap.Time("clock", w.day)}
	switch was, is := before >= told, lag >= told; {
	case is && lag-before >= told:
		w.clock.held.Add(w.log.Check(zap.WarnLevel, "deletion by age is suspended for a day: the clock has leapt forward since the last check"), about...)
	case was && !is:
		w.clock.held.Add(w.log.Check(zap.InfoLevel, "deletion by age is no longer suspended"), about...)
	default:
		return
	}
	w.saved = w.up - saveEvery
}

// Dated returns the true time of a file that claims to be from t. That is t unless t is
// in the future: then the file was made while the clock was ahead, and counts from the
// moment when such a file was first seen. It is based on the last call of Now.
func (w *Witness) Dated(t time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.Sub(w.day) < told {
		return t
	}
	if w.future.IsZero() || w.future.After(w.day) || w.up-w.ahead > doubted {
		w.future = w.day.Add(-w.lag())
		w.saved = w.up - saveEvery
	}
	w.ahead = w.up
	return w.future
}

// Doubt returns by how much the clock was ahead of the time that Now last returned, if
// that is enough to be reported: files that became too old in that time are kept.
func (w *Witness) Doubt() time.Duration {
	if w.idle.Load() {
		return 0
	}
	if lag := time.Duration(w.doubt.Load()); lag >= told {
		return lag
	}
	return 0
}

// save writes the state. w.mu is held.
func (w *Witness) save() {
	w.saved = w.up
	if w.path == "" {
		return
	}
	trouble := ""
	if err := save(w.path, w.memory); err != nil {
		trouble = err.Error()
	}
	if trouble != "" && trouble != w.broken {
		w.clock.held.Add(w.log.Check(zap.WarnLevel, "cannot save the time of the last check"), zap.String("file", w.path), zap.String("error", trouble))
	}
	w.broken = trouble
}
