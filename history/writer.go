package history

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"go.uber.org/zap"

	"relay/internal/clock"
	"relay/internal/filelock"
)

const (
	// batchMost is the maximum number of entries written together.
	batchMost = 1000

	// maxRetry is the longest pause after failures of the disk.
	maxRetry = time.Minute

	// lockedRetry is the longest pause while another server has the file.
	lockedRetry = 5 * time.Second
)

// writer writes entries to the disk, and survives faults of the disk.
type writer struct {
	store     *Store
	*database                          // nil: not open
	batch     []entry                  // not yet written
	briefs    map[briefKey]*briefStays // brief stays in batch
	tally     tally
	settling  []chan struct{} // reports that wait for earlier entries
	behind    int             // how many entries of the queue these reports wait for
	resumed   bool            // rows left open by an earlier run have been ended
	reopened  bool            // open rows in the file may be from an earlier time
	seen      sql.NullInt64   // when the file had last been written before it was opened
	unharmed  bool            // there is no damaged file beside this one
	orphaned  bool            // the open file is no longer at its path
	rescueAt  time.Time
	untidied  int // entries written since the database in memory was last tidied
	wait      time.Duration

	witness *clock.Witness // decides which rows are too old
	noted   map[uint64]noted
	up      upTime        // this run, up to its last stamp
	upFor   time.Duration // the running time at that stamp
}

func newWriter(s *Store) *writer {
	remembers := ""
	if s.conf.File != "" {
		remembers = s.conf.File + timeExt
	}
	w := &writer{store: s, wait: s.retry, noted: map[uint64]noted{}, witness: s.clock.Witness(remembers)}
	w.witness.Idle(s.conf.Keep == 0)
	return w
}

// run writes until ctx ends and no entries are left.
func (w *writer) run(ctx context.Context) {
	defer w.end()
	tidy, look, stamp := time.NewTicker(tidyEvery), time.NewTicker(w.store.look), time.NewTicker(stampEvery)
	defer tidy.Stop()
	defer look.Stop()
	defer stamp.Stop()
	w.stamp(time.Now(), time.Since(w.store.began))
	stopping := false
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
			if stopping {
				return
			}
			stopping = true
			w.stamp(time.Now(), time.Since(w.store.began)) // the last stamp
			continue
		}
		w.gather(ctx, tidy.C, look.C, stamp.C)
	}
}

// write opens the database if necessary and writes the batch. A file that becomes
// damaged while in use is replaced by a new one. A file that is damaged from the start
// stays: it may belong to another program.
func (w *writer) write() error {
	w.store.asked.Store(int64(time.Since(w.store.began)))
	defer w.store.asked.Store(0)
	defer w.findDamaged()
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
		if err := w.save(w.batch, w.commit); err != nil {
			return err
		}
		w.untidied += len(w.batch)
		clear(w.batch)
		w.batch = w.batch[:0]
		clear(w.briefs)
	}
	w.settled()
	if w.reopened && len(w.store.queue) == 0 { // entries made meanwhile have been written
		if err := w.takeUp(w.store.present.Airtimes(), w.store.present.Sessions(), w.seen); err != nil {
			return err
		}
		w.reopened = false
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
		w.store.log.Info("the history is written again", zap.Time("since", was.Since), zap.Int64("attempts that failed", was.Failures))
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
	if w.seen, err = d.seen(); err == nil && !w.resumed {
		err = d.takeUp(w.store.present.Airtimes(), w.store.present.Sessions(), w.seen)
	}
	if err != nil {
		d.Close()
		return err
	}
	w.reopened, w.resumed = w.resumed, true
	w.database = d
	return w.tidy()
}

// fail notes the error and closes the file: the path may hold another file at the next
// attempt. A database in memory stays open.
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

// complain notes the error. The log gets it once, when the fault begins.
func (w *writer) complain(err error) {
	if w.store.fault.Failed(err) {
		w.store.log.Error("cannot keep the history; the broadcast goes on", zap.String("file", w.store.conf.File), zap.Error(err))
	}
}

// end closes the file. If it was deleted, end tries once more to write it again.
func (w *writer) end() {
	if w.orphaned && w.database != nil {
		w.rescueAt = time.Time{}
		w.mend()
		if w.orphaned {
			w.store.log.Error("the history file was deleted and cannot be written again: the history ends with the server", zap.String("file", w.path))
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

// pause waits before the next attempt. It reports whether ctx still runs.
func (w *writer) pause(ctx context.Context) bool {
	select {
	case <-time.After(w.wait):
		w.wait = min(2*w.wait, maxRetry)
		return true
	case <-ctx.Done():
		return false
	}
}

// take adds an entry to the batch.
func (w *writer) take(e entry) {
	if l, ok := e.(Session); ok {
		w.notePast(l.ID)
		if w.merges(l) {
			return
		}
	}
	w.batch = append(w.batch, e)
}

// gather waits for entries and takes some of them. Once ctx has ended, it takes the
// entries that are there.
func (w *writer) gather(ctx context.Context, tidy, look, stamp <-chan time.Time) {
	if w.behind > 0 {
		w.catchUp()
		return
	}
	select {
	case e := <-w.store.queue:
		w.take(e)
	case done := <-w.store.settling:
		w.settle(done)
		return
	case <-tidy:
		if err := w.tidy(); err != nil {
			w.store.suspect(err)
			w.store.log.Warn("cannot remove old history", zap.Error(err))
		}
		return
	case <-look:
		return
	case <-stamp:
		w.stamp(time.Now(), time.Since(w.store.began))
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
		case done := <-w.store.settling:
			w.settle(done)
			return
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

// settle takes the entries that were queued before a report asked for them.
func (w *writer) settle(done chan struct{}) {
	w.settling = append(w.settling, done)
	w.behind = len(w.store.queue)
	w.catchUp()
}

// catchUp takes entries that reports wait for, up to a full batch.
func (w *writer) catchUp() {
	for ; w.behind > 0 && len(w.batch) < batchMost; w.behind-- {
		w.take(<-w.store.queue)
	}
}

// settled releases the reports that wait, once all their entries are written.
func (w *writer) settled() {
	if w.behind > 0 {
		return
	}
	for _, done := range w.settling {
		close(done)
	}
	w.settling = nil
}

// commit commits the transaction of a batch. No report begins meanwhile, so that each
// finds a stay either among the current listeners or in the database.
func (w *writer) commit(tx *sql.Tx) error {
	w.store.moment <- struct{}{}
	defer func() { <-w.store.moment }()
	if err := tx.Commit(); err != nil {
		return err
	}
	w.store.written.add(w.batch)
	return nil
}
