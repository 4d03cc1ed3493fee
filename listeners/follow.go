package listeners

import (
	"context"
	"net"
	"sync"
	"time"

	"relay/mounts"
)

// A connection that encrypts in user space cannot be written to by a shard,
// which never waits. Its listener has a goroutine that makes the same visits
// on the same cadence, and waits alone when the socket is full.

// waitingSocket is a connection whose writes wait.
type waitingSocket struct {
	net.Conn
	timeout time.Duration // a write that takes longer fails
}

// flushBuffers hold a flush while it is encrypted: many small writes would
// become as many records.
var flushBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 64<<10); return &b }}

func (s *waitingSocket) write(g *gather) (int, error) {
	buf := flushBuffers.Get().(*[]byte)
	defer flushBuffers.Put(buf)
	all := (*buf)[:0]
	for i := range g.segments[:g.count] {
		all = append(all, g.segments[i].bytes...)
	}
	*buf = all
	s.SetWriteDeadline(time.Now().Add(s.timeout))
	return s.Write(all)
}

func (s *waitingSocket) peerLeft() bool { return leftConn(s.Conn) }

func (s *waitingSocket) close() { s.Close() }

// follow visits one listener on the flush interval until he leaves or the
// writers stop.
func (w *Writers) follow(ctx context.Context, l *listener) {
	defer w.contain(l)
	cadence := time.NewTicker(w.cadence())
	defer cadence.Stop()
	for {
		reason := w.visit(l)
		if reason == stillListens && ctx.Err() != nil {
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
