package netconn

import "golang.org/x/sys/unix"

func setThreshold(fd uintptr, bytes int) {
	unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, bytes)
}
