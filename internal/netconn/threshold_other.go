//go:build !linux

package netconn

// setThreshold does nothing: elsewhere a low-water mark would hold back reads too.
func setThreshold(fd uintptr, bytes int) {}
