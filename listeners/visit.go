package listeners

import (
	"cmp"
	"errors"
	"os"
	"syscall"
	"time"

	"relay/auth"
	"relay/conf"
	"relay/history"
	"relay/mounts"
)

// stillListens is no reason to leave.
const stillListens = ""

// A visitor brings listeners up to date, one after the other.
type visitor struct {
	gather  gather
	conf    *conf.Live
	gate    *auth.Gate
	history *history.Store // nil: none is kept
}

// visit sends l whatever is new; it waits only where the socket does. It
// returns why l leaves, or stillListens.
func (v *visitor) visit(l *listener, now time.Time) string {
	if reason := v.obey(l, now); reason != stillListens {
		return reason
	}
	if l.intro != nil {
		l.hear(now)
	}
	limits := &v.conf.Config().Limits
	stream := l.mount.Stream
	ended := stream.Ended()
	if l.intro == nil && stream.End()-l.cursor.Offset() > int64(limits.Buffer) {
		if limits.LagPolicy == conf.LagDrop {
			return mounts.LeftBehind
		}
		l.skip(int64(l.mount.Config().Burst))
		l.mount.Audience.Skipped()
	}
	for {
		v.gather.collect(l)
		if v.gather.bytes == 0 {
			switch {
			case ended:
				return endOf(l.mount)
			case l.socket.peerLeft():
				return mounts.LeftHimself
			}
			l.lastTaken = now // nothing was offered
			return stillListens
		}
		n, err := l.socket.write(&v.gather)
		if n > 0 {
			v.gather.commit(l, n)
			l.Sent.Add(int64(n))
			l.lastTaken = now
		}
		switch {
		case err == syscall.EAGAIN:
			if now.Sub(l.lastTaken) > time.Duration(limits.ListenerTimeout) {
				return mounts.LeftTimeout
			}
			return stillListens
		case errors.Is(err, os.ErrDeadlineExceeded):
			return cmp.Or(v.obey(l, time.Now()), mounts.LeftTimeout)
		case err != nil:
			return mounts.LeftHimself
		}
		if n < v.gather.bytes {
			return stillListens
		}
		if !v.gather.full() {
			if ended {
				return endOf(l.mount)
			}
			return stillListens
		}
	}
}

// endOf is why a listener leaves whose stream has ended.
func endOf(m *mounts.Mount) string {
	if m.ServerEnds() {
		return mounts.LeftShutdown
	}
	return mounts.LeftEnded
}

// obey does what is wanted of l, and returns why he must leave, or stillListens.
func (v *visitor) obey(l *listener, now time.Time) string {
	switch order := l.TakeOrder(); {
	case order == nil:
	case order.MoveTo == nil:
		return mounts.LeftKicked
	default:
		from := l.mount.Name
		if stay, here := l.move(order.MoveTo); here {
			remember(v.history, from, stay, mounts.LeftMoved)
		}
		if denied(v.gate, l) != nil {
			return mounts.LeftKicked
		}
	}
	if !l.until.IsZero() && !now.Before(l.until) {
		return mounts.LeftOverdue
	}
	return stillListens
}
