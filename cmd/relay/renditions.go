package main

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/ingest"
	"relay/mounts"
)

// encodeRenditions runs the encoders of all renditions until ctx ends.
func encodeRenditions(ctx context.Context, running *sync.WaitGroup, c *conf.Config, registry *mounts.Registry, log *zap.Logger) {
	for _, m := range c.Mounts {
		for _, to := range m.Renditions {
			r := &ingest.Rendition{
				Registry: registry,
				Log:      log,
				Of:       m.Name,
				To:       to,
				Timeout:  time.Duration(c.Limits.SourceTimeout),
				Pace:     time.Duration(c.Limits.FlushInterval) / 2,
			}
			running.Go(func() { r.Run(ctx) })
		}
	}
}
