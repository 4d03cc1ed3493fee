package listeners

import (
	"cmp"
	"errors"
	"os"
	"syscall"
	"time"

	"relay/auth"
	"relay/conf"
	"relay/mounts"
)

// stillListens means that a listener has no reason to leave.
const stillListens = ""

// A flusher flushes listeners, one after the other.
type flusher struct {
	gather gather
	conf   *conf.Live
	gate   *auth.Gate
}

// flush sends l everything that is new. It blocks only if the socket's writes do. It
// returns why l leaves, or stillListens.
func (f *flusher) flush(l *listener, now time.Time) string {
	if reason := f.obey(l, now); reason != stillListens {
		return reason
	}
	if l.intro != nil {
		l.hear(now)
	}
	limits, stayed := &f.conf.Config().Limits, now.Sub(l.Since)
	stream := l.mount.Stream
	ended := stream.Ended()
	if l.intro == nil && stream.End()-l.cursor.Offset() > int64(limits.Buffer) {
		if limits.LagPolicy == conf.LagDrop {
			return mounts.LeftBehind
		}
		l.skip(l.mount.Burst())
		l.mount.Audience.Skipped()
	}
	for {
		f.gather.collect(l)
		if f.gather.bytes == 0 {
			switch {
			case ended:
				return endOf(l.mount)
			case l.socket.peerLeft():
				return mounts.LeftByItself
			}
			l.lastTaken = stayed // there was nothing to take
			return stillListens
		}
		n, err := l.socket.write(&f.gather)
		if n > 0 {
			f.gather.commit(l, n)
			l.Sent.Add(int64(n))
			l.lastTaken = stayed
		}
		switch {
		case err == syscall.EAGAIN:
			if stayed-l.lastTaken > time.Duration(limits.ListenerTimeout) {
				return mounts.LeftTimeout
			}
			return stillListens
		case errors.Is(err, os.ErrDeadlineExceeded):
			return cmp.Or(f.obey(l, time.Now()), mounts.LeftTimeout)
		case err != nil:
			return mounts.LeftByItself
		}
		if n < f.gather.bytes {
			return stillListens
		}
		if !f.gather.full() {
			if ended {
				return endOf(l.mount)
			}
			return stillListens
		}
	}
}

// endOf returns why the listeners of a mount leave when its stream has ended.
func endOf(m *mounts.Mount) string {
	if m.ServerEnds() {
		return mounts.LeftShutdown
	}
	return mounts.LeftEnded
}

// obey carries out the order to l, if there is one, and returns why l must leave, or
// stillListens.
func (f *flusher) obey(l *listener, now time.Time) string {
	switch order := l.TakeOrder(); {
	case order == nil:
	case order.MoveTo == nil:
		return mounts.LeftKicked
	default:
		l.move(order.MoveTo)
		if Denied(f.gate, &l.Listener) != nil {
			return mounts.LeftKicked
		}
	}
	if until := l.until(); until > 0 && now.Sub(l.Since) >= until {
		return mounts.LeftOverdue
	}
	return stillListens
}
