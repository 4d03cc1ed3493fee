package listeners

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"relay/internal/netconn"
)

// sendBuffer is how much the kernel may hold for a listener that takes nothing, in
// bytes; the kernel doubles the figure for its own bookkeeping. A burst fits.
const sendBuffer = 48 << 10

// socket takes a listener's bytes.
type socket interface {
	// write sends what was collected and returns how many bytes of it were taken;
	// syscall.EAGAIN means that there is no room.
	write(g *gather) (int, error)
	// peerLeft reports whether the other side has closed the connection.
	peerLeft() bool
	// pace limits how fast the kernel sends what it was given, in bytes per second.
	pace(rate int64)
	// lost returns how many packets the kernel had to send again.
	lost() uint32
	close()
}

// rawSocket is a socket outside the runtime's poller, which never waits.
type rawSocket struct{ fd int }

// takeSocket takes the socket out of conn: it closes conn, and the caller owns the
// socket and must close it.
func takeSocket(conn *net.TCPConn) (*rawSocket, error) {
	conn.SetWriteBuffer(sendBuffer)
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("take socket: %w", err)
	}
	s := &rawSocket{}
	var dupErr error
	err = raw.Control(func(own uintptr) {
		s.fd, dupErr = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err := errors.Join(err, dupErr); err != nil {
		return nil, fmt.Errorf("take socket: %w", err)
	}
	conn.Close()
	return s, nil
}

func (s *rawSocket) write(g *gather) (int, error) { return g.writeTo(s.fd) }
func (s *rawSocket) peerLeft() bool               { return hungUp(s.fd) }
func (s *rawSocket) pace(rate int64)              { setPacing(s.fd, rate) }
func (s *rawSocket) lost() uint32                 { return retransmitted(s.fd) }
func (s *rawSocket) close()                       { unix.Close(s.fd) }

// hungUp reports whether the other side of a socket has closed it.
func hungUp(fd int) bool {
	ready := []unix.PollFd{{Fd: int32(fd), Events: pollHangUp}}
	n, err := unix.Poll(ready, 0)
	return err == nil && n > 0 && ready[0].Revents != 0
}

// hungUpConn is hungUp for a connection that the runtime still polls.
func hungUpConn(conn syscall.Conn) (left bool) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return true
	}
	err = raw.Control(func(fd uintptr) { left = hungUp(int(fd)) })
	return left || err != nil
}

// leftConn reports whether the other side has closed a connection, encrypted
// or not.
func leftConn(conn net.Conn) bool {
	polled, ok := netconn.Below(conn).(syscall.Conn)
	return ok && hungUpConn(polled)
}
