package listeners

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"relay/internal/netconn"
)

const (
	// maxPiece bounds how much is encrypted at once, in bytes: a flush. A TLS record must
	// be sent to its end, whatever order the listener gets meanwhile.
	maxPiece = maxGrowth

	// lastWords is the time limit for the last bytes of a connection that must end.
	lastWords = time.Second
)

// waitingSocket is a connection whose writes block.
type waitingSocket struct {
	net.Conn
	cork    *netconn.Cork // below TLS; nil: there is none
	timeout time.Duration // a write of one piece fails after it

	rest bool // the last write did not send everything

	mu  sync.Mutex
	end time.Time // deadline for all writes; zero: none
}

// pieces hold the bytes that are encrypted together: many small writes would become
// as many TLS records.
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
	n, err := s.send(piece)
	if err != nil {
		netconn.Below(s.Conn).Close() // the record is torn, so no close_notify can follow
	}
	return n, err
}

// send writes a piece, the records of TLS in one call, and returns how many bytes of it
// the peer can read.
func (s *waitingSocket) send(piece []byte) (int, error) {
	if s.cork == nil {
		return s.Write(piece)
	}
	s.cork.Cork()
	_, err := s.Write(piece)
	held, sent, sendErr := s.cork.Uncork()
	if err := errors.Join(err, sendErr); err != nil {
		overhead := (held.Bytes - len(piece)) / max(1, held.Writes) // of a record
		return max(0, min(sent.Bytes-sent.Writes*overhead, len(piece))), err
	}
	return len(piece), nil
}

// begin sets the deadline of a write.
func (s *waitingSocket) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	deadline := time.Now().Add(s.timeout)
	if !s.end.IsZero() && s.end.Before(deadline) {
		deadline = s.end
	}
	s.SetWriteDeadline(deadline)
}

// endBy sets the deadline of all writes, including one that is blocked now.
func (s *waitingSocket) endBy(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end.IsZero() || t.Before(s.end) {
		s.end = t
		s.SetWriteDeadline(t)
	}
}

func (s *waitingSocket) pace(rate int64) {
	s.control(func(fd int) { setPacing(fd, rate) })
}

func (s *waitingSocket) lost() (packets uint32) {
	s.control(func(fd int) { packets = retransmitted(fd) })
	return packets
}

// control calls f with the socket below, if there is one.
func (s *waitingSocket) control(f func(fd int)) {
	polled, ok := netconn.Below(s.Conn).(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := polled.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}

func (s *waitingSocket) peerLeft() bool { return leftConn(s.Conn) }

// close closes the connection with TLS's close_notify, if the peer still reads.
func (s *waitingSocket) close() {
	defer time.AfterFunc(lastWords, func() { netconn.Below(s.Conn).Close() }).Stop()
	s.Close()
}
