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
	*database         // nil: not open
	batch     []entry // not yet written
	resumed   bool    // what an earlier run left open was closed
	untidied  int     // entries written since memory was last tidied
	wait      time.Duration

	witness *clock.Witness // decides what is too old
}

func newWriter(s *Store) *writer {
	remembers := ""
	if s.conf.File != "" {
		remembers = s.conf.File + timeExt
	}
	return &writer{store: s, wait: s.retry, witness: s.Clock.Witness(remembers)}
}

// run writes until ctx ends and nothing is left.
func (w *writer) run(ctx context.Context) {
	defer w.close("")
	tidy := time.NewTicker(tidyEvery)
	defer tidy.Stop()
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
		w.gather(ctx, tidy.C)
	}
}

// write opens the database, if it is not, and writes the batch.
func (w *writer) write() error {
	w.store.asked.Store(int64(time.Since(w.store.began)))
	defer w.store.asked.Store(0)
	if w.database != nil {
		if err := w.check(); err != nil {
			w.close(err.Error())
		}
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
	}
	if w.path == "" && w.untidied > spareInMemory {
		w.untidied = 0
		if err := w.tidy(); err != nil {
			return err
		}
	}
	if w.store.told() != "" {
		w.store.log.Info("the history is kept again")
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
	trouble := err.Error()
	if trouble != w.store.told() {
		w.store.log.Error("cannot keep the history; the broadcast goes on", zap.String("file", w.store.conf.File), zap.Error(err))
	}
	if w.database != nil && w.path == "" {
		w.store.use(w.database, trouble)
		return
	}
	w.close(trouble)
}

func (w *writer) close(trouble string) {
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

// gather waits for entries and takes some of them. When ctx has ended it takes
// what there is.
func (w *writer) gather(ctx context.Context, tidy <-chan time.Time) {
	select {
	case e := <-w.store.queue:
		w.batch = append(w.batch, e)
	case <-tidy:
		if err := w.tidy(); err != nil {
			w.store.log.Warn("cannot remove old history", zap.Error(err))
		}
		return
	case <-ctx.Done():
	}
	full := time.NewTimer(w.store.batchTime)
	defer full.Stop()
	for len(w.batch) < batchMost {
		select {
		case e := <-w.store.queue:
			w.batch = append(w.batch, e)
			continue
		case <-full.C:
			return
		case <-ctx.Done():
		}
		select {
		case e := <-w.store.queue:
			w.batch = append(w.batch, e)
		default:
			return
		}
	}
}
