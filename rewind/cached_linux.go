package rewind

import (
	"os"

	"golang.org/x/sys/unix"
)

// readCached fills p from a file at a place if the kernel has all of it in memory, and
// reports whether it did. It never waits for the disk.
func readCached(f input, p []byte, at int64) bool {
	file, ok := f.(*os.File)
	if !ok {
		return false
	}
	n, err := unix.Preadv2(int(file.Fd()), [][]byte{p}, at, unix.RWF_NOWAIT)
	return err == nil && n == len(p)
}
