package main

import (
	"context"
	"net"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/ingest"
	"relay/mounts"
)

// pullStreams runs the configured relays, and those of the master's mounts,
// until ctx ends. own is where this server listens.
func pullStreams(ctx context.Context, running *sync.WaitGroup, c *conf.Config, registry *mounts.Registry, log *zap.Logger, own []net.Listener) {
	var addrs []net.Addr
	for _, l := range own {
		addrs = append(addrs, l.Addr())
	}
	puller := ingest.NewPuller(addrs)
	relay := func(from conf.Relay) *ingest.Relay {
		return &ingest.Relay{
			Registry: registry,
			Puller:   puller,
			Log:      log,
			From:     from,
			Timeout:  time.Duration(c.Limits.SourceTimeout),
			Pace:     time.Duration(c.Limits.FlushInterval) / 2,
		}
	}
	configured := map[string]bool{}
	for _, from := range c.Relays {
		configured[from.Mount] = true
		running.Go(func() { relay(from).Run(ctx) })
	}
	if c.Master.URL != "" {
		master := &ingest.Master{Puller: puller, Log: log, From: c.Master, Except: configured, Relay: relay}
		running.Go(func() { master.Run(ctx) })
	}
}
