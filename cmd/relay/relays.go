package main

import (
	"context"
	"net"
	"slices"
	"sync"

	"go.uber.org/zap"

	"relay/conf"
	"relay/ingest/pull"
	"relay/internal/crew"
	"relay/mounts"
)

// pullStreams runs the configured relays, and those of the master's mounts, until ctx
// ends. Relays that a reload does not change continue. own is the set of this server's
// listeners.
func pullStreams(ctx context.Context, running *sync.WaitGroup, live *conf.Live, registry *mounts.Registry, log *zap.Logger, own []net.Listener) {
	var addrs []net.Addr
	for _, l := range own {
		addrs = append(addrs, l.Addr())
	}
	puller := pull.NewPuller(addrs)
	relay := func(from conf.Relay) *pull.Relay {
		limits := live.Config().Limits
		return &pull.Relay{
			Registry: registry,
			Puller:   puller,
			Log:      log,
			From:     from,
			Timeout:  limits.StreamTimeout(),
		}
	}
	keep(ctx, running, live, func(c *conf.Config) []conf.Relay { return c.Relays },
		func(ctx context.Context, from conf.Relay) { relay(from).Run(ctx) })
	keep(ctx, running, live, masters, func(ctx context.Context, from conf.Master) {
		ownRelay := func(mount string) bool {
			return slices.ContainsFunc(live.Config().Relays, func(r conf.Relay) bool { return r.Mount == mount })
		}
		most := func() int { return live.Config().Limits.Sources }
		master := &pull.Master{Puller: puller, Log: log, From: from, Except: ownRelay, Relay: relay, Most: most}
		master.Run(ctx)
	})
}

// masters lists the configured master, if there is one.
func masters(c *conf.Config) []conf.Master {
	if c.Master.URL == "" {
		return nil
	}
	return []conf.Master{c.Master}
}

// keep runs work for each element that listed returns for the configuration in force,
// until ctx ends.
func keep[T comparable](ctx context.Context, running *sync.WaitGroup, live *conf.Live, listed func(*conf.Config) []T, work func(context.Context, T)) {
	changes, stop := live.Watch()
	running.Go(func() {
		defer stop()
		crew.Run(ctx, func() []T { return listed(live.Config()) }, work, changes)
	})
}
