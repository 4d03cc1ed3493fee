package listeners

import (
	"context"
	"errors"
	"net"
	"time"

	"relay/mounts"
)

const (
	// wakingTime is how long a listener waits for a mount to play.
	wakingTime = 10 * time.Second

	// hangUpCheck is how often it is seen whether he still does.
	hangUpCheck = 250 * time.Millisecond
)

var errNotPlaying = errors.New("the stream that is relayed here cannot be had now")

// awaitPlaying waits for a mount whose relay is asleep or lost to play: the
// head a listener gets shall name what he will hear. It gives up, with
// errNotPlaying, after a time, when the mount ends, and when he hangs up.
func awaitPlaying(conn net.Conn, m *mounts.Mount) error {
	ctx, cancel := context.WithTimeout(context.Background(), wakingTime)
	defer cancel()
	played := make(chan error, 1)
	go func() { played <- m.WaitPlaying(ctx) }()
	check := time.NewTicker(hangUpCheck)
	defer check.Stop()
	for {
		select {
		case err := <-played:
			if err != nil {
				return errNotPlaying
			}
			return nil
		case <-check.C:
			if leftConn(conn) {
				return errNotPlaying
			}
		}
	}
}
