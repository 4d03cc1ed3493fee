package listeners

import (
	"context"
	"net"
	"time"
)

// hangUpCheck is how often it is seen whether somebody who waits still does.
const hangUpCheck = 250 * time.Millisecond

// whilePresent returns a context that ends with ctx, and when the client hangs
// up who waits on conn, from which nobody may read meanwhile. done must be
// called when the waiting is over; it returns when conn is left alone.
func whilePresent(ctx context.Context, conn net.Conn) (present context.Context, done func()) {
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
