package main

import (
	"context"

	"go.uber.org/zap"

	"relay/conf"
)

// advise logs settings that are probably unintended, and files in the configuration
// that cannot be used: all of them at the start, and new ones after each reload, until
// ctx ends.
func advise(ctx context.Context, live *conf.Live, path string, log *zap.Logger) {
	told := map[string]bool{}
	tell := func(message string, list []*conf.Error) {
		for _, w := range list {
			if text := w.Error(); !told[text] {
				told[text] = true
				log.Warn(message, zap.String("file", w.File), zap.Int("line", w.Line), zap.String("key", w.Key), zap.String("problem", w.Problem))
			}
		}
	}
	onReload(ctx, live, func(*conf.Config) {
		tell("the configuration has a likely mistake", review(ctx, path))
		problems, doubts := placesUntil(ctx, path)
		tell("the configuration names a file that cannot be used", append(problems, doubts...))
	})
}

// placesUntil is places, but returns nothing when ctx ends: the shutdown does not wait
// for a disk.
func placesUntil(ctx context.Context, path string) (problems, doubts []*conf.Error) {
	if path == "" {
		return nil, nil
	}
	type found struct{ problems, doubts []*conf.Error }
	done := make(chan found, 1)
	go func() { // ends when all disks have answered or their time is up
		problems, doubts := places(path)
		done <- found{problems, doubts}
	}()
	select {
	case f := <-done:
		return f.problems, f.doubts
	case <-ctx.Done():
		return nil, nil
	}
}
