package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"relay/conf"
	"relay/settings"
)

// reloadOnHangup reads the configuration again at every SIGHUP until ctx ends.
// Settings logs what comes of it.
func reloadOnHangup(ctx context.Context, s *settings.Settings) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-hangup:
			s.Reload()
		case <-ctx.Done():
			return
		}
	}
}

// follow applies the configuration in force, and again whenever it has been
// replaced, until ctx ends.
func follow(ctx context.Context, live *conf.Live, apply func(*conf.Config)) {
	changes, stop := live.Watch()
	defer stop()
	for {
		apply(live.Config())
		select {
		case <-changes:
		case <-ctx.Done():
			return
		}
	}
}
