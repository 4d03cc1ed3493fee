//go:build unix

package server

import (
	"math"

	"golang.org/x/sys/unix"
)

// descriptors is how many files and connections the system lets the program
// have open at once.
func descriptors() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt
	}
	return int(min(uint64(limit.Cur), math.MaxInt))
}
