package netconn

import (
	"net"
	"syscall"
)

// A Threshold is how many bytes must have arrived on a connection before the program is
// woken for it (SO_RCVLOWAT, socket(7)). Without one, each packet wakes the program, even
// if nobody reads.
type Threshold struct{ socket syscall.RawConn } // nil: it cannot be set

// ThresholdOf returns the threshold of the socket below conn.
func ThresholdOf(conn net.Conn) (t Threshold) {
	if polled, ok := Below(conn).(syscall.Conn); ok {
		t.socket, _ = polled.SyscallConn()
	}
	return t
}

// Set sets the threshold; 1 wakes the program for any byte. It is only a hint: an error
// changes nothing.
func (t Threshold) Set(bytes int) {
	if t.socket != nil {
		t.socket.Control(func(fd uintptr) { setThreshold(fd, bytes) })
	}
}
