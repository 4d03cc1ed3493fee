package ingest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// atOnce is how long a read may take that found something to read; one that
// takes longer has waited for it.
const atOnce = time.Millisecond

// pacedReader reads what comes over a connection, in portions.
//
// Encoders send every frame by itself, forty times a second. Listeners are
// written to on the flush interval, so nobody gains by waking for each: when
// there is nothing left to read there is a pause, in which the kernel collects.
type pacedReader struct {
	conn    net.Conn
	from    io.Reader       // what has been read of conn already, then conn
	timeout time.Duration   // a read that waits longer fails, or is quiet
	pace    time.Duration   // how long the pause is
	stop    <-chan struct{} // ends the pause, and all reading

	// quiet, if set, is called when a read has waited for the timeout, and the read goes
	// on.
	quiet func()

	// records says that a read returns one record of TLS however many there are,
	// and encoders send a frame in each. Only a read that has to wait shows then
	// that there are no more.
	records bool

	pause *time.Timer // nil: there may be more to read
}

func newPacedReader(conn net.Conn, from io.Reader, timeout, pace time.Duration, stop <-chan struct{}) *pacedReader {
	_, records := conn.(*tls.Conn)
	return &pacedReader{conn: conn, from: from, timeout: timeout, pace: pace, stop: stop, records: records}
}

func (p *pacedReader) Read(b []byte) (int, error) {
	if p.pause != nil {
		select {
		case <-p.pause.C:
		case <-p.stop:
		}
		p.pause = nil
	}
	began := time.Now()
	n, err := p.read(b)
	for p.quiet != nil && n == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		p.quiet()
		n, err = p.read(b)
	}
	if n < len(b) && (!p.records || time.Since(began) > atOnce) {
		p.pause = time.NewTimer(p.pace)
	}
	return n, err
}

// read is one read, within the timeout.
func (p *pacedReader) read(b []byte) (int, error) {
	p.conn.SetDeadline(time.Now().Add(p.timeout))
	select {
	case <-p.stop: // the line above may have undone a wake-up
		return 0, io.EOF
	default:
	}
	return p.from.Read(b)
}
