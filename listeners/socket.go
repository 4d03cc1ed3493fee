package listeners

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// takeSocket takes the socket out of conn, and with it out of the runtime's
// poller: conn is closed, the socket stays open, non-blocking, and the
// caller's to close.
func takeSocket(conn syscall.Conn) (fd int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return -1, fmt.Errorf("take socket: %w", err)
	}
	var dupErr error
	err = raw.Control(func(own uintptr) {
		fd, dupErr = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err := errors.Join(err, dupErr); err != nil {
		return -1, fmt.Errorf("take socket: %w", err)
	}
	conn.(net.Conn).Close()
	return fd, nil
}

// peerLeft reports whether the other side of an idle socket has closed it.
func peerLeft(fd int) bool {
	var b [1]byte
	n, _, err := unix.Recvfrom(fd, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return false
	case err != nil:
		return true
	}
	return n == 0
}
