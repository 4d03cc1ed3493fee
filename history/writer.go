package history

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"relay/clock"
	"relay/internal/filelock"
)

const (
	// batchMost is how many are written together.
	batchMost = 1000

	// longestRetry is how long a disk that goes on failing is left alone.
	longestRetry = time.Minute

	// lockedRetry is how long a file that another server has is left alone.
	lockedRetry = 5 * time.Second
)

// writer puts entries on the disk, and lives through what disks do.
type writer struct {
	store     *Store
	*database                          // nil: not open
	batch     []entry                  // not yet written
	briefs    map[briefKey]*briefStays // those of batch
	tally     tally
	resumed   bool // what an earlier run left open was closed
	orphaned  bool // what is open is found at its path no more
	rescueAt  time.Time
	untidied  int // entries written since memory was last tidied
	wait      time.Duration

	witness *clock.Witness // decides what is too old
}

func newWriter(s *Store) *writer {
	remembers := ""
	if s.conf.File != "" {
		remembers = s.conf.File + timeExt
	}
	w := &writer{store: s, wait: s.retry, witness: s.Clock.Witness(remembers)}
	w.witness.Idle(s.conf.Keep == 0)
	return w
}

// run writes until ctx ends and nothing is left.
func (w *writer) run(ctx context.Context) {
	defer w.end()
	tidy, look := time.NewTicker(tidyEvery), time.NewTicker(w.store.look)
	defer tidy.Stop()
	defer look.Stop()
	for {
		if err := w.write(); err != nil {
			w.fail(err)
			if !w.pause(ctx) {
				w.store.lost.Add(int64(len(w.batch) + len(w.store.queue)))
				return
			}
			continue
		}
		if ctx.Err() != nil && len(w.store.queue) == 0 {
			return
		}
		w.gather(ctx, tidy.C, look.C)
	}
}

// write opens the database, if it is not, and writes the batch. A file that turns out
// to be damaged gives way to a new one, if it was in use; one that was found damaged
// may belong to somebody else.
func (w *writer) write() error {
	w.store.asked.Store(int64(time.Since(w.store.began)))
	defer w.store.asked.Store(0)
	defer w.store.findDamaged()
	err := w.writeOnce()
	if isDamage(err) && w.resumed && w.store.conf.File != "" {
		if err = w.setAside(err); err == nil {
			err = w.writeOnce()
		}
	}
	return err
}

func (w *writer) writeOnce() error {
	if err := w.mend(); err != nil {
		return err
	}
	if w.database == nil {
		if err := w.reopen(); err != nil {
			return err
		}
	}
	if len(w.batch) > 0 {
		if err := w.save(w.batch); err != nil {
			return err
		}
		w.untidied += len(w.batch)
		clear(w.batch)
		w.batch = w.batch[:0]
		clear(w.briefs)
	}
	if err := w.keepSmall(); err != nil {
		return err
	}
	if w.path == "" && w.untidied > spareInMemory {
		w.untidied = 0
		if err := w.tidy(); err != nil {
			return err
		}
	}
	if w.orphaned {
		w.store.use(w.database, "")
		return nil
	}
	if was, ended := w.store.fault.Works(); ended {
		w.store.log.Info("the history is kept again", zap.Time("since", was.Since), zap.Int64("attempts that failed", was.Failures))
	}
	w.wait = w.store.retry
	w.store.use(w.database, "")
	return nil
}

func (w *writer) reopen() error {
	d, err := w.store.open()
	if err != nil {
		return err
	}
	if !w.resumed {
		if err := d.endOpenTitles(); err != nil {
			d.Close()
			return err
		}
		w.resumed = true
	}
	w.database = d
	return w.tidy()
}

// fail notes what is wrong and closes the file, which may be another one the
// next time. What is in memory stays.
func (w *writer) fail(err error) {
	var inUse *filelock.InUse
	if errors.As(err, &inUse) {
		w.wait = min(w.wait, lockedRetry)
	}
	w.complain(err)
	if w.database != nil && (w.path == "" || w.orphaned) {
		w.store.use(w.database, "")
		return
	}
	w.close(err.Error())
}

// complain notes what is wrong. The log has it once, when it begins.
func (w *writer) complain(err error) {
	if w.store.fault.Failed(err) {
		w.store.log.Error("cannot keep the history; the broadcast goes on", zap.String("file", w.store.conf.File), zap.Error(err))
	}
}

// end closes the file. One that was deleted is written again, if it can be by now.
func (w *writer) end() {
	if w.orphaned && w.database != nil {
		w.rescueAt = time.Time{}
		w.mend()
		if w.orphaned {
			w.store.log.Error("the history is lost with the server: its file was deleted, and could not be written again", zap.String("file", w.path))
		}
	}
	w.close("")
}

func (w *writer) close(trouble string) {
	w.orphaned = false
	w.store.use(nil, trouble)
	if w.database != nil {
		w.Close()
		w.database = nil
	}
}

// pause leaves a disk alone for a while. It reports whether ctx still runs.
func (w *writer) pause(ctx context.Context) bool {
	select {
	case <-time.After(w.wait):
		w.wait = min(2*w.wait, longestRetry)
		return true
	case <-ctx.Done():
		return false
	}
}

// take adds an entry to those that are written together.
func (w *writer) take(e entry) {
	if l, ok := e.(Listening); ok && w.merges(l) {
		return
	}
	w.batch = append(w.batch, e)
}

// gather waits for entries and takes some of them. When ctx has ended it takes
// what there is.
func (w *writer) gather(ctx context.Context, tidy, look <-chan time.Time) {
	select {
	case e := <-w.store.queue:
		w.take(e)
	case <-tidy:
		if err := w.tidy(); err != nil {
			w.store.suspect(err)
			w.store.log.Warn("cannot remove old history", zap.Error(err))
		}
		return
	case <-look:
		return
	case <-ctx.Done():
	}
	full := time.NewTimer(w.store.batchTime)
	defer full.Stop()
	for len(w.batch) < batchMost {
		select {
		case e := <-w.store.queue:
			w.take(e)
			continue
		case <-full.C:
			return
		case <-ctx.Done():
		}
		select {
		case e := <-w.store.queue:
			w.take(e)
		default:
			return
		}
	}
}
