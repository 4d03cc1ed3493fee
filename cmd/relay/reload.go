package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"go.uber.org/zap"

	"relay/conf"
	"relay/conf/live"
	"relay/internal/systemd"
)

// hangups returns a channel that receives every SIGHUP from now on. Otherwise the
// signal would end the program.
func hangups() <-chan os.Signal {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	return hangup
}

// surviveBrokenPipes makes a write to standard output or standard error fail if it is
// no longer read. Otherwise the write would end the program, and a station must not go
// off the air because its log does. The signal is not ignored, since encoders would
// inherit that.
func surviveBrokenPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// reloadOn reloads the configuration at every signal until ctx ends. Settings logs the
// result.
func reloadOn(ctx context.Context, signals <-chan os.Signal, s *live.Configuration, log *zap.Logger) {
	for {
		select {
		case <-signals:
			systemd.Reloading(log)
			s.Reload()
			systemd.Ready(log)
		case <-ctx.Done():
			return
		}
	}
}

// onReload applies the configuration in force, and again after each replacement, until
// ctx ends.
func onReload(ctx context.Context, live *conf.Live, apply func(*conf.Config)) {
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
