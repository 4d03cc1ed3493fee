package listeners

import (
	"context"
	"errors"
	"net"
	"time"

	"relay/mounts"
)

// hangUpCheck is how often a waiting client's connection is checked.
const hangUpCheck = 250 * time.Millisecond

// WhilePresent returns a context that is cancelled when ctx is, or when the client
// closes conn. Nobody else may read from conn until done has returned; the caller
// calls done when the wait is over.
func WhilePresent(ctx context.Context, conn net.Conn) (present context.Context, done func()) {
	present, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		check := time.NewTicker(hangUpCheck)
		defer check.Stop()
		for {
			select {
			case <-check.C:
				if leftConn(conn) {
					cancel()
					return
				}
			case <-present.Done():
				return
			}
		}
	}()
	return present, func() {
		cancel()
		<-ended
	}
}

// wakingTime is how long a listener waits for a mount to start playing.
const wakingTime = 10 * time.Second

var errNotPlaying = errors.New("the upstream stream is unavailable")

// awaitPlaying waits until a mount whose relay is asleep or lost plays, because the
// listener's head is to name what it will hear. It returns errNotPlaying after
// wakingTime, when the mount ends, and when the client hangs up.
func awaitPlaying(conn net.Conn, m *mounts.Mount) error {
	waiting, cancel := context.WithTimeout(context.Background(), wakingTime)
	defer cancel()
	present, done := WhilePresent(waiting, conn)
	defer done()
	if err := m.WaitPlaying(present); err != nil {
		return errNotPlaying
	}
	return nil
}
