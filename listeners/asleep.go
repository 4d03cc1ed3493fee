package listeners

import (
	"context"
	"errors"
	"net"
	"time"

	"relay/mounts"
)

// wakingTime is how long a listener waits for a mount to play.
const wakingTime = 10 * time.Second

var errNotPlaying = errors.New("the stream that is relayed here cannot be had now")

// awaitPlaying waits for a mount whose relay is asleep or lost to play: the
// head a listener gets shall name what he will hear. It gives up, with
// errNotPlaying, after a time, when the mount ends, and when he hangs up.
func awaitPlaying(conn net.Conn, m *mounts.Mount) error {
	waiting, cancel := context.WithTimeout(context.Background(), wakingTime)
	defer cancel()
	present, done := whilePresent(waiting, conn)
	defer done()
	if err := m.WaitPlaying(present); err != nil {
		return errNotPlaying
	}
	return nil
}
