//go:build unix && !linux

package listeners

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// pollHangUp: a closed peer is readable, with nothing to read. So is a listener that
// has sent something, which no player does.
const pollHangUp = unix.POLLHUP

// setPacing does nothing: only Linux paces sockets.
func setPacing(fd int, rate int64) {}

// retransmitted returns 0: only Linux says how many packets were sent again.
func retransmitted(fd int) uint32 { return 0 }

// writeTo hands what was collected to a non-blocking socket, one segment at a time,
// and returns how many bytes were taken.
func (g *gather) writeTo(fd int) (int, error) {
	taken := 0
	for i := range g.segments[:g.count] {
		b := g.segments[i].bytes
		n, err := syscall.Write(fd, b)
		if err == syscall.EINTR {
			n, err = syscall.Write(fd, b)
		}
		if err != nil {
			if taken > 0 {
				return taken, nil
			}
			return 0, err
		}
		taken += n
		if n < len(b) {
			break
		}
	}
	return taken, nil
}
