package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"go.uber.org/zap"

	"relay/conf"
	"relay/settings"
	"relay/systemd"
)

// hangups returns a channel that gets every SIGHUP from now on, which would
// otherwise end the program.
func hangups() <-chan os.Signal {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	return hangup
}

// surviveBrokenPipes lets a write to standard output or standard error fail when
// nobody reads it any more. It would otherwise end the program, and a station
// must not go off the air because its log does. The signal is not ignored:
// encoders would inherit that.
func surviveBrokenPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// reloadOn reads the configuration again at every signal until ctx ends.
// Settings logs what comes of it.
func reloadOn(ctx context.Context, signals <-chan os.Signal, s *settings.Settings, log *zap.Logger) {
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
