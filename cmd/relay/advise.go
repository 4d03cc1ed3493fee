package main

import (
	"context"

	"go.uber.org/zap"

	"relay/conf"
)

// advise logs what works in the configuration and is likely not meant: all of it
// at the start, and what is new when it has been replaced, until ctx ends.
func advise(ctx context.Context, live *conf.Live, path string, log *zap.Logger) {
	told := map[string]bool{}
	follow(ctx, live, func(*conf.Config) {
		for _, w := range review(ctx, path) {
			if text := w.Error(); !told[text] {
				told[text] = true
				log.Warn("the configuration has something that is likely not meant", zap.String("file", w.File),
					zap.Int("line", w.Line), zap.String("key", w.Key), zap.String("problem", w.Problem))
			}
		}
	})
}
