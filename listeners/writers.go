package listeners

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"relay/conf"
)

// Writers keeps the sockets of all listeners fed, from one shard per core.
type Writers struct {
	log     *zap.Logger
	shards  []*shard
	next    atomic.Uint64 // shard of the next newcomer
	visitor sync.Pool     // *visitor, for first visits
}

// NewWriters returns writers at rest; Run sets them to work.
func NewWriters(limits conf.Limits, log *zap.Logger) *Writers {
	w := &Writers{log: log}
	w.visitor.New = func() any { return &visitor{limits: limits} }
	for range runtime.GOMAXPROCS(0) {
		w.shards = append(w.shards, newShard(visitor{limits: limits}, w.dismiss))
	}
	return w
}

// Run visits the listeners until ctx ends, lets them go and returns.
func (w *Writers) Run(ctx context.Context) {
	var shards sync.WaitGroup
	for _, s := range w.shards {
		shards.Go(func() { s.run(ctx) })
	}
	shards.Wait()
}

// seat sends a newcomer what there is for him and gives him to a shard.
func (w *Writers) seat(l *listener) {
	v := w.visitor.Get().(*visitor)
	reason := v.visit(l, time.Now())
	v.gather = gather{} // let go of the stream
	w.visitor.Put(v)
	if reason != stillListens {
		w.dismiss(l, reason)
		return
	}
	w.shards[w.next.Add(1)%uint64(len(w.shards))].add(l)
}

// dismiss ends a listener.
func (w *Writers) dismiss(l *listener, reason string) {
	unix.Close(l.fd)
	l.mount.Audience.Leave(&l.Listener)
	w.log.Debug("listener left", zap.String("mount", l.mount.Name), zap.String("ip", l.Addr),
		zap.String("agent", l.Agent), zap.String("reason", reason),
		zap.Int64("bytes", l.Sent.Load()), zap.Duration("stayed", time.Since(l.Since).Round(time.Millisecond)))
}
