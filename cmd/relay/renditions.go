package main

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/ingest/encode"
	"relay/mounts"
)

// rendition is one rendition of a mount.
type rendition struct {
	of string
	to conf.Rendition
}

// encodeRenditions runs the encoders of all renditions until ctx ends. Encoders that a
// reload does not change continue.
func encodeRenditions(ctx context.Context, running *sync.WaitGroup, live *conf.Live, registry *mounts.Registry, log *zap.Logger) {
	keep(ctx, running, live, renditions, func(ctx context.Context, one rendition) {
		limits := live.Config().Limits
		r := &encode.Rendition{
			Registry: registry,
			Log:      log,
			Of:       one.of,
			To:       one.to,
			Timeout:  limits.StreamTimeout(),
			Pace:     time.Duration(limits.FlushInterval) / 2,
			Buffer:   int64(limits.Buffer),
		}
		r.Run(ctx)
	})
}

func renditions(c *conf.Config) (list []rendition) {
	for _, m := range c.Mounts {
		for _, to := range m.Renditions {
			list = append(list, rendition{m.Name, to})
		}
	}
	return list
}
