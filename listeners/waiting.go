package listeners

import (
	"net"
	"sync"
	"time"
)

const (
	// maxPiece bounds what is encrypted at once, in bytes: a record of TLS must be
	// sent to its end, whatever is wanted of the listener meanwhile.
	maxPiece = 16 << 10

	// lastWords is how long a connection may take for what it is still to be sent
	// when it must end.
	lastWords = time.Second
)

// waitingSocket is a connection whose writes wait.
type waitingSocket struct {
	net.Conn
	timeout time.Duration // a piece that is not taken within fails

	rest bool // the last write left something out

	mu  sync.Mutex
	end time.Time // no write goes on after it; zero: there is none
}

// pieces hold what is to be encrypted together: many small writes would become
// as many records.
var pieces = sync.Pool{New: func() any { b := make([]byte, 0, maxPiece); return &b }}

// write sends one piece of what was collected.
func (s *waitingSocket) write(g *gather) (int, error) {
	buf := pieces.Get().(*[]byte)
	defer pieces.Put(buf)
	piece := (*buf)[:0]
	for i := range g.segments[:g.count] {
		b := g.segments[i].bytes
		piece = append(piece, b[:min(len(b), maxPiece-len(piece))]...)
	}
	s.rest = len(piece) < g.bytes
	s.begin()
	n, err := s.Write(piece)
	if err != nil {
		Below(s.Conn).Close() // the record is torn, and there is no goodbye behind it
	}
	return n, err
}

// begin gives a write its time.
func (s *waitingSocket) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	deadline := time.Now().Add(s.timeout)
	if !s.end.IsZero() && s.end.Before(deadline) {
		deadline = s.end
	}
	s.SetWriteDeadline(deadline)
}

// endBy bounds the time of all writes, also of one that waits now.
func (s *waitingSocket) endBy(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end.IsZero() || t.Before(s.end) {
		s.end = t
		s.SetWriteDeadline(t)
	}
}

func (s *waitingSocket) peerLeft() bool { return leftConn(s.Conn) }

// close says goodbye, as TLS has it, to one who listens.
func (s *waitingSocket) close() {
	defer time.AfterFunc(lastWords, func() { Below(s.Conn).Close() }).Stop()
	s.Close()
}
