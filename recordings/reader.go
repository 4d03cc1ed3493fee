package recordings

import (
	"context"
	"math"
	"time"

	"go.uber.org/zap"

	"relay/mounts"
)

// pace is the interval at which a stream is read, and thus the maximum loss in a crash.
const pace = 500 * time.Millisecond

// queued is how many segments may wait for the disk: half a minute of audio, or less if
// titles change.
const queued = 60

// streamReader reads the stream of a mount and cuts it into segments.
type streamReader struct {
	mount    *mounts.Mount
	segments chan<- segment
	health   *health
	log      *zap.Logger

	at    mounts.Cursor
	live  bool          // the audio at the cursor comes from a live source
	title string        // the title of that audio
	open  bool          // segments of a session were sent, but not yet its end
	lost  time.Duration // audio dropped since the last segment that was queued
}

// run sends segments until the stream or ctx ends, including everything broadcast
// before that.
func (r *streamReader) run(ctx context.Context) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	r.at = r.mount.Stream.Behind(math.MaxInt64)
	for leaving := false; ; {
		ended, playing := r.mount.Stream.Ended(), r.mount.Playing() // read these before the units that they apply to
		r.record(playing)
		if ended || leaving {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			leaving = true
		}
	}
}

// record sends everything new in the stream. playing is whether the mount was playing
// just before. A source that has come since then has begun a session, so a session does
// not end while there are units.
func (r *streamReader) record(playing bool) {
	if anything := r.read(); !playing && !anything {
		r.over()
	}
}

// read sends everything new in the stream, and reports whether there was anything.
func (r *streamReader) read() (anything bool) {
	var t segment
	for {
		if mark := r.at.Block(); mark != nil {
			r.at.Shown(mark)
			r.send(t)
			t = segment{}
			r.live, r.title = mark.Kind == mounts.LiveSource, mark.Text
		}
		unit, ok := r.at.NextUnit()
		if !ok {
			r.send(t)
			return anything
		}
		anything = true
		if !r.live {
			r.over()
			continue
		}
		if !t.fits(unit) {
			r.send(t)
			t = segment{}
		}
		t.add(unit)
	}
}

// send queues a segment, unless it is empty, with the time, station and title of its
// units.
func (r *streamReader) send(t segment) {
	if t.length == 0 {
		return
	}
	t.at, t.station, t.title, t.lost = time.Now(), r.mount.Programme().Station.Name, r.title, r.lost
	select {
	case r.segments <- t:
		if was, ended := r.health.slow.Works(); ended {
			r.log.Info("the disk keeps up again: the recording continues after a gap", zap.Time("since", was.Since), zap.Duration("missing", r.lost))
		}
		r.open, r.lost = true, 0
	default:
		if r.health.slow.Failed(errTooSlow) {
			r.log.Warn("the disk is too slow: the recording has a gap, the broadcast goes on")
		}
		r.lost += t.length
		r.health.lost.add(t.length)
	}
}

// over queues the end of the session. If the queue is full, it tries again at the next
// tick.
func (r *streamReader) over() {
	if !r.open {
		return
	}
	select {
	case r.segments <- segment{over: true}:
		r.open = false
	default:
	}
}
