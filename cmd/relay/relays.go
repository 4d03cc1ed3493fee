package main

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/crew"
	"relay/ingest"
	"relay/mounts"
)

// pullStreams runs the configured relays, and those of the master's mounts,
// until ctx ends. Those that a reload does not change go on. own is where this
// server listens.
func pullStreams(ctx context.Context, running *sync.WaitGroup, live *conf.Live, registry *mounts.Registry, log *zap.Logger, own []net.Listener) {
	var addrs []net.Addr
	for _, l := range own {
		addrs = append(addrs, l.Addr())
	}
	puller := ingest.NewPuller(addrs)
	relay := func(from conf.Relay) *ingest.Relay {
		limits := live.Config().Limits
		return &ingest.Relay{
			Registry: registry,
			Puller:   puller,
			Log:      log,
			From:     from,
			Timeout:  limits.StreamTimeout(),
			Pace:     time.Duration(limits.FlushInterval) / 2,
		}
	}
	keep(ctx, running, live, func(c *conf.Config) []conf.Relay { return c.Relays },
		func(ctx context.Context, from conf.Relay) { relay(from).Run(ctx) })
	keep(ctx, running, live, masters, func(ctx context.Context, from conf.Master) {
		ownRelay := func(mount string) bool {
			return slices.ContainsFunc(live.Config().Relays, func(r conf.Relay) bool { return r.Mount == mount })
		}
		most := func() int { return live.Config().Limits.Sources }
		master := &ingest.Master{Puller: puller, Log: log, From: from, Except: ownRelay, Relay: relay, Most: most}
		master.Run(ctx)
	})
}

// masters lists the one there may be.
func masters(c *conf.Config) []conf.Master {
	if c.Master.URL == "" {
		return nil
	}
	return []conf.Master{c.Master}
}

// keep runs work for everything that the configuration in force lists, until
// ctx ends.
func keep[T comparable](ctx context.Context, running *sync.WaitGroup, live *conf.Live, listed func(*conf.Config) []T, work func(context.Context, T)) {
	changes, stop := live.Watch()
	running.Go(func() {
		defer stop()
		crew.Run(ctx, func() []T { return listed(live.Config()) }, work, changes)
	})
}
