// Package systemd is relay as a service of systemd: it tells the service
// manager how it goes, and takes over the sockets that were opened for it.
// Where another program is the parent, all of this does nothing.
//
//	in:   NOTIFY_SOCKET, WATCHDOG_USEC and LISTEN_FDS in the environment
//	out:  words to that socket (sd_notify(3)), and listeners
//
// It has no goroutine of its own.
package systemd

import (
	"context"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"
)

// Attend says that the service is ready, and until ctx ends, twice in the time
// the watchdog allows, that it is well; then that it is stopping. It is well
// when alive returns true. If that hangs, nothing is said, and the service
// manager begins to doubt as it should.
func Attend(ctx context.Context, alive func() bool, log *zap.Logger) {
	Ready(log)
	defer notify(daemon.SdNotifyStopping, log)
	allowed, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Error("the watchdog is off", zap.Error(err))
	}
	if allowed == 0 {
		<-ctx.Done()
		return
	}
	ticker := time.NewTicker(allowed / 2)
	defer ticker.Stop()
	for {
		if alive() {
			notify(daemon.SdNotifyWatchdog, log)
		} else if ctx.Err() == nil {
			log.Error("the server does not answer itself")
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Ready says that the service does its work, for the first time or with its new
// configuration.
func Ready(log *zap.Logger) { notify(daemon.SdNotifyReady, log) }

// Reloading says that the configuration is read again. Ready must follow.
func Reloading(log *zap.Logger) {
	notify(daemon.SdNotifyReloading+"\n"+daemon.SdNotifyMonotonicUsec(), log)
}

func notify(state string, log *zap.Logger) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("cannot tell the service manager", zap.String("state", state), zap.Error(err))
	}
}
