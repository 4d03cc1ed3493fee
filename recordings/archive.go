package recordings

import (
	"time"

	"go.uber.org/zap"
)

// retryAfter is the pause after a failure of the disk.
const retryAfter = 10 * time.Second

// archive writes the segments of one mount to the disk.
type archive struct {
	store  *store
	health *health
	split  func() time.Duration // 0: one file a session
	log    *zap.Logger

	current *recording // nil: no recording is open
	retry   time.Time  // no attempt before this time, after a failure
}

// run writes segments until the channel is closed.
func (a *archive) run(segments <-chan segment) {
	for t := range segments {
		switch {
		case t.over:
			a.close()
			a.health.busy.Store(false)
		default:
			a.health.busy.Store(true)
			a.write(t)
		}
	}
	a.close()
}

// write adds a segment to the right recording. While the disk fails, segments are lost.
func (a *archive) write(t segment) {
	if a.current != nil && a.mustSplit(t) {
		a.close()
	}
	if a.current == nil {
		if t.at.Before(a.retry) {
			a.health.lost.add(t.length)
			return
		}
		r, err := a.store.begin(t)
		if err != nil {
			a.fail(err, t)
			return
		}
		a.current = r
		a.store.tidyAndTell(a.log)
	}
	if err := a.current.add(t); err != nil {
		a.fail(err, t)
		return
	}
	a.health.works(a.log)
}

// mustSplit reports whether a segment needs a new file: the clock has passed a multiple
// of split, or the format has changed.
func (a *archive) mustSplit(t segment) bool {
	if t.format != a.current.format {
		return true
	}
	split := a.split()
	return split > 0 && !t.at.Truncate(split).Equal(a.current.began.Truncate(split))
}

// fail closes the recording after an error. A new one begins after a pause. The segment
// is lost.
func (a *archive) fail(err error, t segment) {
	a.health.fails(err, a.log)
	a.health.lost.add(t.length)
	a.retry = t.at.Add(retryAfter)
	if a.current != nil {
		a.store.end(a.current) // any further error is of no interest
		a.current = nil
	}
}

// close closes the recording, if one is open.
func (a *archive) close() {
	if a.current == nil {
		return
	}
	r := a.current
	a.current = nil
	if err := a.store.end(r); err != nil {
		a.log.Error("a recording may lack its end", zap.String("file", r.audio.path), zap.Error(err))
		return
	}
	a.log.Info("recorded", zap.String("file", r.audio.path), zap.Duration("length", r.length.Round(time.Second)))
}
