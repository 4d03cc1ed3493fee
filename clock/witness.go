package clock

import (
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

const (
	// doubted is how long a leap forward is not believed, in time that passes while
	// the program runs.
	doubted = 24 * time.Hour

	// told is how far ahead the clock must be for it to be told that it is doubted:
	// a restart is no leap.
	told = time.Hour

	// unseen is how old the newest thing in a place may be, of which nothing else is
	// known, for the clock not to be doubted: nothing new may have come for a while.
	unseen = 6 * time.Hour

	// saveEvery is how often it is saved what time it is.
	saveEvery = time.Minute

	// mostLeaps bounds how many are doubted each by itself.
	mostLeaps = 100
)

// Witness says what time it is to whoever deletes what is old in one place, such
// as a folder. It remembers in a file there what the clock said when it last
// looked. By how much the clock has leapt forward since, while the program ran or
// while it did not, is left out until the program has run for a day: so a clock
// that is wrong for a while makes nothing too old. Safe for concurrent use.
//
// A clock that has leapt back is believed, since nothing is too old by it.
type Witness struct {
	clock *Clock

	path string // empty: nothing is remembered on the disk
	log  *zap.Logger
	read func() (day time.Time, up time.Duration)

	doubt atomic.Int64 // ns, see Doubt
	idle  atomic.Bool  // see Idle

	mu     sync.Mutex // held while the disk is waited for
	loaded bool
	memory
	up     time.Duration // at the last look, by the clock that nobody sets
	saved  time.Duration // when it was saved last, likewise
	ahead  time.Duration // when something of the future was last seen, likewise
	broken string        // why it could not be saved, as it was told
}

// memory is what a witness remembers.
type memory struct {
	day    time.Time // what the clock said at the last look
	leaps  []leap    // forward, not believed yet, the newest last
	future time.Time // when something from a later time was first seen; zero: nothing was
}

type leap struct {
	by  time.Duration
	ago time.Duration // in time that the program has run since
}

// lag is by how much the clock is ahead of what is believed.
func (m *memory) lag() (lag time.Duration) {
	for _, l := range m.leaps {
		lag += l.by
	}
	return lag
}

// Witness returns a witness that remembers in a file, which must be of no other;
// empty: for as long as the program runs. Nothing is read yet. The clock counts its
// doubt until the witness is closed.
func (c *Clock) Witness(path string) *Witness {
	w := &Witness{clock: c, path: path, log: c.log, read: c.read}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.witnesses[w] = struct{}{}
	return w
}

// Idle says whether nothing is deleted for its age in the place at present. What time
// it is is remembered all the same, and there is nothing to tell.
func (w *Witness) Idle(idle bool) { w.idle.Store(idle) }

// Close says that nothing is deleted in the place any more.
func (w *Witness) Close() {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	delete(w.clock.witnesses, w)
}

// Now returns the time by which it is decided what is too old. It may wait for a
// disk. When nothing is remembered, newest is asked for the time of the newest
// thing in the place that is from before what the clock says, zero if there is none.
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

// load begins with what is remembered.
func (w *Witness) load(day time.Time, newest func(time.Time) time.Time) {
	w.memory = memory{day: day}
	remembered, err := load(w.path)
	switch {
	case err != nil:
		w.clock.held.Add(w.log.Check(zap.WarnLevel, "cannot read what time it was at the last look; the newest file tells"), zap.String("file", w.path), zap.Error(err))
	case remembered != nil:
		w.memory = *remembered
		return
	}
	if at := newest(day); !at.IsZero() && day.Sub(at) > unseen {
		w.day = at
	}
}

// look lets the time pass that has passed since the last look, and notices what
// has been leapt over. w.mu is held.
func (w *Witness) look(day time.Time, up time.Duration) {
	passed := up - w.up
	by := day.Sub(w.day.Add(passed))
	w.day, w.up = day, up
	believed := 0
	for i := range w.leaps {
		if w.leaps[i].ago += passed; w.leaps[i].ago >= doubted {
			believed = i + 1 // and those before it, which are older
		}
	}
	w.leaps = w.leaps[believed:]
	switch {
	case by >= noticed:
		w.leaps = append(w.leaps, leap{by: by})
	case by <= -noticed:
		w.takeBack(-by)
	}
	if n := len(w.leaps); n > mostLeaps {
		w.leaps[1].by += w.leaps[0].by
		w.leaps = w.leaps[1:]
	}
}

// takeBack takes leaps forward back, the newest first: the clock was put right.
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

// tell logs that deleting is held back, or no longer. w.mu is held.
func (w *Witness) tell(before time.Duration) {
	lag := w.lag()
	w.doubt.Store(int64(lag))
	if w.idle.Load() {
		return
	}
	about := []zap.Field{zap.String("file", w.path), zap.Duration("by", lag.Round(time.Second)), zap.Time("clock", w.day)}
	switch was, is := before >= told, lag >= told; {
	case is && lag-before >= told:
		w.clock.held.Add(w.log.Check(zap.WarnLevel, "deleting what is old is held back for a day: the clock has leapt forward since the last look"), about...)
	case was && !is:
		w.clock.held.Add(w.log.Check(zap.InfoLevel, "deleting what is old is no longer held back"), about...)
	default:
		return
	}
	w.saved = w.up - saveEvery
}

// Dated returns when something is from that claims to be from t. That is t unless
// it has not come yet: what is from the future was made while the clock was ahead,
// and is taken to be from when such was first seen. It goes by the last Now.
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

// Doubt is by how much the clock was ahead of what Now last returned, if that is
// worth telling: what has become too old in that time is kept.
func (w *Witness) Doubt() time.Duration {
	if w.idle.Load() {
		return 0
	}
	if lag := time.Duration(w.doubt.Load()); lag >= told {
		return lag
	}
	return 0
}

// save remembers. w.mu is held.
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
		w.clock.held.Add(w.log.Check(zap.WarnLevel, "cannot remember what time it was"), zap.String("file", w.path), zap.String("error", trouble))
	}
	w.broken = trouble
}
