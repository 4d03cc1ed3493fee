package feed

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"relay/internal/netconn"
)

// atOnce is the longest time of a read that found bytes waiting; a read that takes
// longer has waited for them.
const atOnce = time.Millisecond

// A PacedReader reads a connection in portions. One goroutine uses it.
//
// Encoders send every frame by itself, forty times a second. Listeners are written to
// at intervals, so waking for each frame gains nothing: when there is
// nothing left to read the reader pauses, and the kernel collects.
type PacedReader struct {
	conn    net.Conn
	from    io.Reader            // the bytes that were already read from conn, then conn
	timeout time.Duration        // a read that waits longer fails, or calls Quiet
	pace    func() time.Duration // length of the next pause
	stop    <-chan struct{}      // when closed, ends the pause and all reading

	// Quiet, if set, is called when a read has waited for the timeout; the read then
	// continues.
	Quiet func()

	// records means that a read returns a single TLS record even if there are more,
	// and encoders send each frame in one. Only a read that has to wait then shows
	// that there are no more.
	records bool

	pause     *time.Timer // nil: there may be more to read
	threshold netconn.Threshold
}

// unread is how much may arrive during a pause before the program is woken, in bytes:
// more than arrives in the longest one.
const unread = 32 << 10

// NewPacedReader returns a reader of conn. from has the bytes that were read of conn
// already, then conn. A read that waits longer than timeout fails with
// os.ErrDeadlineExceeded; pace returns how long it pauses when there is nothing left
// to read, such as Mount.ReadPace; closing stop ends all reading with io.EOF. The caller
// closes conn.
func NewPacedReader(conn net.Conn, from io.Reader, timeout time.Duration, pace func() time.Duration, stop <-chan struct{}) *PacedReader {
	_, records := conn.(*tls.Conn)
	return &PacedReader{conn: conn, from: from, timeout: timeout, pace: pace, stop: stop, records: records, threshold: netconn.ThresholdOf(conn)}
}

func (p *PacedReader) Read(b []byte) (int, error) {
	if p.pause != nil {
		select {
		case <-p.pause.C:
		case <-p.stop:
		}
		p.pause = nil
		p.threshold.Set(1)
	}
	began := time.Now()
	n, err := p.read(b)
	for p.Quiet != nil && n == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		p.Quiet()
		n, err = p.read(b)
	}
	if n < len(b) && (!p.records || time.Since(began) > atOnce) {
		p.pause = time.NewTimer(together(p.pace()))
		p.threshold.Set(unread)
	}
	return n, err
}

// slot is the time between two moments at which sources are read.
const slot = 25 * time.Millisecond

// together shortens a pause so that it ends at such a moment. Hundreds of sources are
// then read at forty moments a second: each time that the program wakes up costs more
// than a read.
func together(pause time.Duration) time.Duration {
	if pause <= slot {
		return pause
	}
	return pause - time.Duration(time.Now().Add(pause).UnixNano()%int64(slot))
}

// read makes one read, within the timeout.
func (p *PacedReader) read(b []byte) (int, error) {
	p.conn.SetDeadline(time.Now().Add(p.timeout))
	select {
	case <-p.stop: // the deadline set above may have undone a wake-up
		return 0, io.EOF
	default:
	}
	return p.from.Read(b)
}
