package listeners

import (
	"math"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pollHangUp is set when the peer has closed its side, even if there are bytes left
// to read.
const pollHangUp = unix.POLLRDHUP

// setPacing limits how fast a socket sends, in bytes per second: the kernel spreads a
// large piece over time instead of sending it at the speed of the machine's own line,
// which the queues on the way to a listener may not hold. TCP does that by itself, with
// the queueing discipline fq more exactly (socket(7), tc-fq(8)). It is an advice: an
// error changes nothing.
func setPacing(fd int, rate int64) {
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE, int(min(rate, math.MaxInt32)))
}

// retransmitted returns how many packets of a TCP socket were sent again.
func retransmitted(fd int) uint32 {
	var info unix.TCPInfo
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0
	}
	return info.Total_retrans
}

// writeTo hands everything that was collected to a non-blocking socket in one call
// and returns how many bytes were taken. A single segment goes by write(2), which
// costs the kernel a little less than writev(2).
//
// The raw calls bypass the Go scheduler: on a non-blocking socket they return within
// microseconds, and its bookkeeping would cost something for every listener at every
// flush.
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
