package listeners

import (
	"context"
	"time"

	"relay/mounts"
)

// A connection that encrypts in user space cannot be written to by a shard,
// which never waits. Its listener has a goroutine that makes the same visits
// on the same cadence, and waits alone when the socket is full.

// follow visits one listener on the flush interval until he leaves or the
// writers stop. Between the pieces that his socket takes he is visited again, so
// that whatever is wanted of him, and how far behind he is, is seen; who must
// leave is not waited for.
func (w *Writers) follow(ctx context.Context, l *listener, s *waitingSocket) {
	defer w.contain(l)
	stop := context.AfterFunc(ctx, func() { s.endBy(time.Now().Add(lastWords)) })
	defer stop()
	l.WakeToLeave(func() { s.endBy(time.Now()) })
	if !l.until.IsZero() {
		s.endBy(l.until)
	}
	cadence := time.NewTicker(w.cadence())
	defer cadence.Stop()
	for {
		s.rest = false
		reason := w.visit(l)
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
		select {
		case <-cadence.C:
		case <-ctx.Done():
		}
	}
}
