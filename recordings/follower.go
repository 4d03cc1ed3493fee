package recordings

import (
	"context"
	"math"
	"time"

	"go.uber.org/zap"

	"relay/mounts"
)

// pace is how often a stream is read: what a crash can cost.
const pace = 500 * time.Millisecond

// queued is how many takes may wait for the disk: half a minute of audio, or a
// little less where titles change.
const queued = 60

// follower reads the stream of a mount and cuts it into takes.
type follower struct {
	mount  *mounts.Mount
	takes  chan<- take
	health *health
	log    *zap.Logger

	at    mounts.Cursor
	live  bool          // what stands at the cursor comes from a live source
	title string        // and has this title
	open  bool          // takes of a session were sent, and not yet its end
	lost  time.Duration // audio that found no room since the last take that did
}

// run sends takes until the stream or ctx ends; what was broadcast by then is
// among them.
func (f *follower) run(ctx context.Context) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	f.at = f.mount.Stream.Behind(math.MaxInt64)
	for leaving := false; ; {
		ended, playing := f.mount.Stream.Ended(), f.mount.Playing() // before what they end
		f.follow(playing)
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

// follow sends all that is new in the stream of a mount that was playing or not
// when it was asked. A source that has come since then has begun a session, so
// none ends while there are frames.
func (f *follower) follow(playing bool) {
	if anything := f.read(); !playing && !anything {
		f.over()
	}
}

// read sends all that is new in the stream, and reports whether there was
// anything.
func (f *follower) read() (anything bool) {
	var t take
	for {
		if mark := f.at.Block(); mark != nil {
			f.at.Shown(mark)
			f.send(t)
			t = take{}
			f.live, f.title = mark.Kind == mounts.Live, mark.Text
		}
		frame, ok := f.at.NextFrame()
		if !ok {
			f.send(t)
			return anything
		}
		anything = true
		if !f.live {
			f.over()
			continue
		}
		if !t.fits(frame) {
			f.send(t)
			t = take{}
		}
		t.add(frame)
	}
}

// send gives a take to the disk, unless it is empty, with what is known of its
// frames.
func (f *follower) send(t take) {
	if t.length == 0 {
		return
	}
	t.at, t.station, t.title, t.lost = time.Now(), f.mount.Programme().Station.Name, f.title, f.lost
	select {
	case f.takes <- t:
		if was, ended := f.health.slow.Works(); ended {
			f.log.Info("the disk keeps up again, the recording goes on behind a gap", zap.Time("since", was.Since), zap.Duration("missing", f.lost))
		}
		f.open, f.lost = true, 0
	default:
		if f.health.slow.Failed(errTooSlow) {
			f.log.Warn("the disk is too slow, the recording gets a gap; the broadcast goes on")
		}
		f.lost += t.length
		f.health.lost.add(t.length)
	}
}

// over says that the session has ended. Without room in the queue it is said
// the next time round.
func (f *follower) over() {
	if !f.open {
		return
	}
	select {
	case f.takes <- take{over: true}:
		f.open = false
	default:
	}
}
