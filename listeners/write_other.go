//go:build !linux

package listeners

import "syscall"

// write hands what was collected to the socket, a segment at a time, without
// waiting, and returns how much of it was taken.
func (g *gather) write(fd int) (int, error) {
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
