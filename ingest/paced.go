package ingest

import (
	"io"
	"net"
	"time"
)

// pacedReader reads what comes over a connection, in portions.
//
// Encoders send every frame by itself, forty times a second. Listeners are
// written to on the flush interval, so nobody gains by waking for each:
// after a read that did not fill the buffer there is a pause, in which the
// kernel collects.
type pacedReader struct {
	conn    net.Conn
	from    io.Reader       // what has been read of conn already, then conn
	timeout time.Duration   // a read that waits longer fails
	pace    time.Duration   // how long the pause is
	stop    <-chan struct{} // ends the pause, and all reading

	pause *time.Timer // nil: the last read filled the buffer
}

func (p *pacedReader) Read(b []byte) (int, error) {
	if p.pause != nil {
		select {
		case <-p.pause.C:
		case <-p.stop:
		}
		p.pause = nil
	}
	p.conn.SetDeadline(time.Now().Add(p.timeout))
	select {
	case <-p.stop: // the line above may have undone a wake-up
		return 0, io.EOF
	default:
	}
	n, err := p.from.Read(b)
	if n < len(b) {
		p.pause = time.NewTimer(p.pace)
	}
	return n, err
}
