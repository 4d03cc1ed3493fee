package feed

import (
	"errors"
	"io"
	"time"

	"relay/mounts"
)

// linger is how long a stream is pulled after its last listener has left: players
// reconnect, and other listeners follow.
const linger = 10 * time.Second

// ErrNobodyListens ends a stream that is pulled or encoded on demand.
var ErrNobodyListens = errors.New("no listeners are left")

// WantedReader reads a stream until the mount has had no listener for linger; then
// Read returns ErrNobodyListens.
type WantedReader struct {
	from     io.Reader
	audience *mounts.Audience
	last     time.Time // when the mount last had a listener
}

// NewWantedReader returns a reader of from; linger begins now.
func NewWantedReader(from io.Reader, audience *mounts.Audience) *WantedReader {
	return &WantedReader{from: from, audience: audience, last: time.Now()}
}

func (w *WantedReader) Read(b []byte) (int, error) {
	if now := time.Now(); w.audience.Wanted() {
		w.last = now
	} else if now.Sub(w.last) >= linger {
		return 0, ErrNobodyListens
	}
	return w.from.Read(b)
}
