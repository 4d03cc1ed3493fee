package listeners

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pollHangUp is set when the peer has closed its side, read or not what it
// sent before.
const pollHangUp = unix.POLLRDHUP

// writeTo hands all that was collected to a non-blocking socket in one call
// and returns how much of it was taken. A single segment goes by write(2),
// which costs the kernel a little less than writev(2).
//
// The raw calls do not tell the scheduler about themselves: on a non-blocking
// socket they return within microseconds, and the bookkeeping would be paid
// for every listener at every flush.
func (g *gather) writeTo(fd int) (int, error) {
	for {
		var n uintptr
		var errno syscall.Errno
		if g.count == 1 {
			b := g.segments[0].bytes
			n, _, errno = syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd),
				uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		} else {
			for i := range g.segments[:g.count] {
				b := g.segments[i].bytes
				g.vector[i].Base = &b[0]
				g.vector[i].SetLen(len(b))
			}
			n, _, errno = syscall.RawSyscall(syscall.SYS_WRITEV, uintptr(fd),
				uintptr(unsafe.Pointer(&g.vector[0])), uintptr(g.count))
		}
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
			continue
		default:
			return 0, errno
		}
	}
}
