package rewind

import (
	"context"
	"math"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/clock"
	"relay/internal/crew"
	"relay/mounts"
	"relay/segments"
)

// pace is how often streams are looked at for new segments.
const pace = 500 * time.Millisecond

// Keeper keeps what all mounts play that have a rewind. It is a prometheus.Collector.
type Keeper struct {
	*Shelf
	registry *mounts.Registry
	conf     *conf.Live

	mu      sync.Mutex
	running map[string]*Store // by mount
}

// NewKeeper returns a keeper that keeps nothing until Run is called. day gives the time: a
// clock that is set wrong must not remove anything.
func NewKeeper(registry *mounts.Registry, c *conf.Live, day *clock.Clock, log *zap.Logger) *Keeper {
	return &Keeper{Shelf: NewShelf(day, log), registry: registry, conf: c, running: map[string]*Store{}}
}

// kept is a mount whose past is kept in a folder.
type kept struct{ mount, dir string }

// Run keeps what is played until ctx ends, which should be after the mounts have ended.
func (k *Keeper) Run(ctx context.Context) {
	mountsChange, unwatchMounts := k.registry.Watch()
	defer unwatchMounts()
	confChanges, unwatchConf := k.conf.Watch()
	defer unwatchConf()
	crew.Run(ctx, k.wanted, k.keep, mountsChange, confChanges)
}

// wanted lists the mounts whose past should be kept now: those that are declared, so that
// what they have played can be heard again at once after a start, and those that exist.
func (k *Keeper) wanted() (list []kept) {
	c := k.conf.Config()
	add := func(m *conf.Mount) {
		if m.Rewind > 0 && m.RewindDir != "" {
			list = append(list, kept{m.Name, m.RewindDir})
		}
	}
	for _, declared := range c.Mounts {
		if !declared.IsPattern() {
			m := c.Mount(declared.Name)
			add(&m)
		}
	}
	for _, m := range k.registry.List() {
		add(m.Config())
	}
	return list
}

// keep keeps what a mount plays until ctx ends.
func (k *Keeper) keep(ctx context.Context, one kept) {
	store := k.Store(one.dir, one.mount)
	k.limit(store, one.mount)
	k.mu.Lock()
	k.running[one.mount] = store
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.running[one.mount] == store {
			delete(k.running, one.mount)
		}
	}()
	writing, stopWriting := context.WithCancel(context.Background())
	var writer sync.WaitGroup
	writer.Go(func() { store.Run(writing) })
	defer writer.Wait()
	defer stopWriting()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	var cutter segments.Cutter
	for leaving := false; ; {
		k.limit(store, one.mount)
		for _, s := range cutter.Cut(k.registry.Find(one.mount)) {
			if segments.StandAlone(s.Format.Codec) {
				store.Append(Segment{s.Facts, s.Audio(0, math.MaxInt)})
			}
		}
		if leaving {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			leaving = true
		}
	}
}

// limit applies the limits that a mount has now.
func (k *Keeper) limit(store *Store, mount string) {
	m := k.conf.Config().Mount(mount)
	store.Limit(time.Duration(m.Rewind), int64(m.RewindSpace))
}

// Past returns the store of a mount, or nil.
func (k *Keeper) Past(mount string) *Store {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.running[mount]
}
