package listeners

import (
	"context"
	"errors"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/internal/accesslog"
	"relay/internal/logging"
	"relay/internal/netconn"
	"relay/mounts"
)

// shardFill is how many listeners one shard takes before the next is used. A shard on
// one core serves tens of thousands; two shards that share only this many cost a
// tenth more than one (docs/performance.md).
const shardFill = 8000

// Writers feed the sockets of all listeners, from up to one shard per core.
type Writers struct {
	Past Past // nil: there is none

	conf      *conf.Live
	log       *zap.Logger
	gate      *auth.Gate
	accessLog *accesslog.Logs
	metrics   metrics
	shards    []*shard
	flushers  sync.Pool // *flusher, for flushes outside the shards

	waiting sync.WaitGroup  // for listeners with goroutines of their own
	serving context.Context // cancelled at the end of Run
	stop    context.CancelFunc
}

// NewWriters returns writers that do nothing until Run is called.
func NewWriters(c *conf.Live, gate *auth.Gate, accessLog *accesslog.Logs, log *zap.Logger) *Writers {
	w := &Writers{conf: c, gate: gate, accessLog: accessLog, log: log}
	w.metrics = newMetrics(w.stretch)
	w.serving, w.stop = context.WithCancel(context.Background())
	w.flushers.New = func() any { return &flusher{conf: c, gate: gate} }
	for range runtime.GOMAXPROCS(0) {
		w.shards = append(w.shards, newShard(flusher{conf: c, gate: gate}, w.dismiss, w.metrics.flushed))
	}
	return w
}

// Run flushes the listeners until ctx is done, dismisses them and returns. Serve must
// not be called after that.
func (w *Writers) Run(ctx context.Context) {
	var shards sync.WaitGroup
	for _, s := range w.shards {
		shards.Go(func() { s.run(ctx) })
	}
	<-ctx.Done()
	w.stop()
	w.waiting.Wait()
	shards.Wait()
}

// ComeBy blocks until every shard has completed a round, and returns true; it returns
// false once Run is ending. A shard that hangs makes it block.
func (w *Writers) ComeBy() bool {
	for _, s := range w.shards {
		select {
		case s.met <- struct{}{}:
		case <-w.serving.Done():
			return false
		}
	}
	return true
}

// seat sends a new listener what there is for it at once, then hands it to a shard
// or, if the connection encrypts or the past must be read from a disk, to a goroutine of
// its own.
func (w *Writers) seat(l *listener, conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok && !l.inPast() {
		raw, err := takeSocket(tcp)
		if err != nil {
			reason := mounts.LeftFault
			if errors.Is(err, net.ErrClosed) { // closed because the server had too many connections
				reason = mounts.LeftTimeout
			} else {
				w.log.Error("cannot serve a listener", zap.String("mount", l.mount.Name), zap.Error(err), logging.LimitPer(l.mount.Name))
			}
			l.socket = &waitingSocket{Conn: conn}
			w.dismiss(l, reason)
			return
		}
		l.socket = raw
		if reason := w.flush(l); reason != stillListens {
			w.dismiss(l, reason)
			return
		}
		w.roomiest().add(l)
		return
	}
	if tcp, ok := netconn.Below(conn).(*net.TCPConn); ok {
		tcp.SetWriteBuffer(sendBuffer)
	}
	s := &waitingSocket{Conn: conn, cork: netconn.CorkOf(conn), timeout: time.Duration(w.conf.Config().Limits.ListenerTimeout)}
	l.socket = s
	w.waiting.Go(func() { w.serve(w.serving, l, s) })
}

// roomiest returns the first shard that is not full, or else the one with the fewest
// listeners.
func (w *Writers) roomiest() *shard {
	best := w.shards[0]
	for _, s := range w.shards {
		n := s.listeners.Load()
		if n < shardFill {
			return s
		}
		if n < best.listeners.Load() {
			best = s
		}
	}
	return best
}

// stretch returns how long the intervals of the busiest shard are, in per cent of what
// they should be.
func (w *Writers) stretch() int64 {
	most := int64(unstretched)
	for _, s := range w.shards {
		most = max(most, s.backlog.percent())
	}
	return most
}

// flush calls flusher.flush with a flusher from the pool.
func (w *Writers) flush(l *listener) (reason string) {
	f := w.flushers.Get().(*flusher)
	reason = f.flush(l, time.Now())
	f.gather.release()
	w.flushers.Put(f)
	return reason
}

// dismiss ends a listener's session.
func (w *Writers) dismiss(l *listener, reason string) {
	l.socket.close()
	l.mount.Audience.Leave(&l.Listener, reason)
	if reason == mounts.LeftBehind || reason == mounts.LeftTimeout {
		l.mount.Audience.DroppedSlow()
	}
	w.gone(l, http.StatusOK, l.Sent.Load())
	w.metrics.left.WithLabelValues(reason).Inc()
	w.log.Debug("listener left", zap.String("mount", l.mount.Name), zap.Stringer("ip", l.Addr),
		zap.String("agent", l.Agent()), zap.String("reason", reason),
		zap.Int64("bytes", l.Sent.Load()), zap.Duration("stayed", time.Since(l.Since).Round(time.Millisecond)))
}
