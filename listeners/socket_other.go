//go:build unix && !linux

package listeners

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// pollHangUp: a closed peer shows as readable, with nothing to read; what a
// listener sent does too, which no player does.
const pollHangUp = unix.POLLHUP

// writeTo hands what was collected to a non-blocking socket, a segment at a
// time, and returns how much of it was taken.
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
