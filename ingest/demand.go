package ingest

import (
	"context"
	"errors"
	"io"
	"time"

	"relay/mounts"
)

// linger is how long a stream is pulled on after its last listener has gone:
// players come back, and others come.
const linger = 10 * time.Second

var errNobodyListens = errors.New("nobody listens any more")

// awaitDemand returns when somebody wants to hear the mount.
func (r *Relay) awaitDemand(ctx context.Context) error {
	audience := &r.in.Mount.Audience
	for !audience.Wanted() {
		select {
		case <-audience.Arrivals():
		case <-r.in.Ended():
			return r.in.Cause()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// wantedReader ends a stream that nobody has wanted for a while.
type wantedReader struct {
	from     io.Reader
	audience *mounts.Audience
	last     time.Time // when somebody did
}

func (w *wantedReader) Read(b []byte) (int, error) {
	if now := time.Now(); w.audience.Wanted() {
		w.last = now
	} else if now.Sub(w.last) >= linger {
		return 0, errNobodyListens
	}
	return w.from.Read(b)
}
