package listeners

import (
	"context"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/history"
	"relay/internal/logging"
	"relay/journal"
	"relay/mounts"
)

// shardFill is how many listeners one shard takes before the next is used. A
// shard on one core serves tens of thousands; two shards that share as few as
// these cost a tenth more than one (docs/performance.md).
const shardFill = 8000

// Writers keeps the sockets of all listeners fed, from up to one shard per
// core.
type Writers struct {
	conf     *conf.Live
	log      *zap.Logger
	gate     *auth.Gate
	journal  *journal.Journal
	history  *history.Store
	metrics  metrics
	shards   []*shard
	visitors sync.Pool // *visitor, for visits outside the shards

	followers sync.WaitGroup
	following context.Context // ends with Run
	stop      context.CancelFunc
}

// NewWriters returns writers at rest; Run sets them to work.
func NewWriters(c *conf.Live, gate *auth.Gate, journal *journal.Journal, past *history.Store, log *zap.Logger) *Writers {
	w := &Writers{conf: c, gate: gate, journal: journal, history: past, log: log, metrics: newMetrics()}
	w.following, w.stop = context.WithCancel(context.Background())
	w.visitors.New = func() any { return &visitor{conf: c, gate: gate, history: past} }
	for range runtime.GOMAXPROCS(0) {
		w.shards = append(w.shards, newShard(visitor{conf: c, gate: gate, history: past}, w.cadence(), w.dismiss, w.metrics.flushed))
	}
	return w
}

// cadence is how often a listener is visited.
func (w *Writers) cadence() time.Duration { return time.Duration(w.conf.Config().Limits.FlushInterval) }

// Run visits the listeners until ctx ends, lets them go and returns. Nobody
// may be served thereafter.
func (w *Writers) Run(ctx context.Context) {
	var shards sync.WaitGroup
	for _, s := range w.shards {
		shards.Go(func() { s.run(ctx) })
	}
	<-ctx.Done()
	w.stop()
	w.followers.Wait()
	shards.Wait()
}

// ComeBy waits until every shard has come by once, and returns true, or false
// when Run is over. A shard that hangs is waited for.
func (w *Writers) ComeBy() bool {
	for _, s := range w.shards {
		select {
		case s.met <- struct{}{}:
		case <-w.following.Done():
			return false
		}
	}
	return true
}

// seat sends a newcomer what there is for him at once, then leaves him to a
// shard or, where the connection encrypts, to a goroutine of his own.
func (w *Writers) seat(l *listener, conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		raw, err := takeSocket(tcp)
		if err != nil {
			w.log.Error("cannot serve a listener", zap.String("mount", l.mount.Name), zap.Error(err), logging.LimitPer(l.mount.Name))
			l.socket = &waitingSocket{Conn: conn}
			w.dismiss(l, mounts.LeftFault)
			return
		}
		l.socket = raw
		if reason := w.visit(l); reason != stillListens {
			w.dismiss(l, reason)
			return
		}
		w.roomiest().add(l)
		return
	}
	if tcp, ok := Below(conn).(*net.TCPConn); ok {
		tcp.SetWriteBuffer(sendBuffer)
	}
	s := &waitingSocket{Conn: conn, timeout: time.Duration(w.conf.Config().Limits.ListenerTimeout)}
	l.socket = s
	w.followers.Go(func() { w.follow(w.following, l, s) })
}

// roomiest returns the first shard that is not filled, or else the one with
// the fewest listeners.
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

// visit is visitor.visit with a visitor that is free.
func (w *Writers) visit(l *listener) (reason string) {
	v := w.visitors.Get().(*visitor)
	reason = v.visit(l, time.Now())
	v.gather.release()
	w.visitors.Put(v)
	return reason
}

// dismiss ends a listener.
func (w *Writers) dismiss(l *listener, reason string) {
	l.socket.close()
	if stay, here := l.mount.Audience.Leave(&l.Listener, reason); here {
		remember(w.history, l.mount.Name, stay, reason)
	}
	if reason == mounts.LeftBehind || reason == mounts.LeftTimeout {
		l.mount.Audience.DroppedSlow()
	}
	w.gone(l, http.StatusOK, l.Sent.Load())
	w.metrics.left.WithLabelValues(reason).Inc()
	w.log.Debug("listener left", zap.String("mount", l.mount.Name), zap.String("ip", l.Addr),
		zap.String("agent", l.Agent), zap.String("reason", reason),
		zap.Int64("bytes", l.Sent.Load()), zap.Duration("stayed", time.Since(l.Since).Round(time.Millisecond)))
}

// remember tells the history how a listener stayed on a mount.
func remember(past *history.Store, mount string, s mounts.Stay, reason string) {
	past.Listened(history.Listening{
		Mount: mount, Since: s.Since, Stayed: time.Since(s.Since),
		Addr: s.Addr, Agent: s.Agent, User: s.User, Bytes: s.Sent, Reason: reason,
	})
}
