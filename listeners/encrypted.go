package listeners

import (
	"context"
	"time"

	"go.uber.org/zap"

	"relay/internal/contain"
	"relay/mounts"
)

// A shard never waits, so it cannot write to a connection that encrypts in user
// space, nor read the past from a disk. Such a listener has a goroutine that makes the same flushes at the same
// intervals; only that goroutine waits when the socket is full.

// serve flushes one listener until it leaves or the writers stop. It also flushes the
// listener between the pieces of a long write, to see new orders and how far behind the
// listener is. A listener that must leave is not waited for.
func (w *Writers) serve(ctx context.Context, l *listener, s *waitingSocket) {
	defer contain.Bug(func(facts ...zap.Field) { // no such net around a shard, which serves many listeners
		w.log.Error("a bug in relay ended one listener, please report it", append(facts, zap.Stringer("ip", l.Addr))...)
		w.dismiss(l, mounts.LeftFault)
	})
	stop := context.AfterFunc(ctx, func() { s.endBy(time.Now().Add(lastWords)) })
	defer stop()
	wake := make(chan struct{}, 1)
	l.mount.Audience.WakeFor(&l.Listener, func(leave bool) {
		if leave {
			s.endBy(time.Now())
		}
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	if until := l.until(); until > 0 {
		s.endBy(l.Since.Add(until))
	}
	due := time.NewTimer(time.Hour)
	defer due.Stop()
	for {
		s.rest = false
		reason := w.flush(l)
		switch {
		case reason == stillListens && s.rest:
			continue
		case ctx.Err() != nil && (reason == stillListens || reason == mounts.LeftTimeout):
			reason = mounts.LeftShutdown
		}
		if reason != stillListens {
			w.dismiss(l, reason)
			return
		}
		due.Reset(w.untilFlush(l))
		select {
		case <-due.C:
		case <-wake:
		case <-ctx.Done():
		}
	}
}

// untilFlush returns how long after a flush now the next one is due.
func (w *Writers) untilFlush(l *listener) time.Duration {
	return l.untilFlush(&w.conf.Config().Limits, time.Now()) * time.Duration(w.stretch()) / unstretched
}
