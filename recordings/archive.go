package recordings

import (
	"time"

	"go.uber.org/zap"
)

// retryAfter is how long a disk that failed is left alone.
const retryAfter = 10 * time.Second

// archive puts the takes of one mount on the disk.
type archive struct {
	shelf  *shelf
	health *health
	split  func() time.Duration // 0: one file a session
	log    *zap.Logger

	current *recording // nil: none is being written
	retry   time.Time  // not before, after a failure
}

// run writes takes until there are no more.
func (a *archive) run(takes <-chan take) {
	for t := range takes {
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

// write puts a take where it belongs. While the disk fails it is lost.
func (a *archive) write(t take) {
	if a.current != nil && a.mustSplit(t) {
		a.close()
	}
	if a.current == nil {
		if t.at.Before(a.retry) {
			a.health.lost.add(t.length)
			return
		}
		r, err := a.shelf.begin(t)
		if err != nil {
			a.fail(err, t)
			return
		}
		a.current = r
		a.shelf.tidyAndTell(a.log)
	}
	if err := a.current.add(t); err != nil {
		a.fail(err, t)
		return
	}
	a.health.works(a.log)
}

// mustSplit reports whether a take needs a file of its own: the clock has
// passed a multiple of split, or the format has changed.
func (a *archive) mustSplit(t take) bool {
	if t.format != a.current.format {
		return true
	}
	split := a.split()
	return split > 0 && !t.at.Truncate(split).Equal(a.current.began.Truncate(split))
}

// fail ends what is being written, to begin anew when the disk has had some
// time. The take is lost.
func (a *archive) fail(err error, t take) {
	a.health.fails(err, a.log)
	a.health.lost.add(t.length)
	a.retry = t.at.Add(retryAfter)
	if a.current != nil {
		a.shelf.end(a.current) // has nothing new to say
		a.current = nil
	}
}

// close ends the recording, if there is one.
func (a *archive) close() {
	if a.current == nil {
		return
	}
	r := a.current
	a.current = nil
	if err := a.shelf.end(r); err != nil {
		a.log.Error("a recording may lack its end", zap.String("file", r.audio.path), zap.Error(err))
		return
	}
	a.log.Info("recorded", zap.String("file", r.audio.path), zap.Duration("length", r.length.Round(time.Second)))
}
