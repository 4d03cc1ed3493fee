// Package systemd integrates relay with systemd: it reports the state of the service to
// the service manager, and takes over sockets that were opened for the service. Under
// any other parent process, it does nothing.
//
//	in:   NOTIFY_SOCKET, WATCHDOG_USEC and LISTEN_FDS in the environment
//	out:  messages to that socket (sd_notify(3)), and listeners
//
// It starts no goroutines.
package systemd

import (
	"context"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"
)

// Attend reports that the service is ready, then, until ctx ends, twice in each
// watchdog period, that it is well, and finally that it is stopping. The service is
// well if alive returns true. If alive hangs, nothing is reported, and the service
// manager concludes that the service hangs.
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

// Ready reports that the service is working, for the first time or with its new
// configuration.
func Ready(log *zap.Logger) { notify(daemon.SdNotifyReady, log) }

// Reloading reports that the configuration is being reloaded. Ready must follow.
func Reloading(log *zap.Logger) {
	notify(daemon.SdNotifyReloading+"\n"+daemon.SdNotifyMonotonicUsec(), log)
}

func notify(state string, log *zap.Logger) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("cannot notify the service manager", zap.String("state", state), zap.Error(err))
	}
}
