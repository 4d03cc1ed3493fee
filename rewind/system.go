package rewind

import (
	"io"
	"io/fs"
	"os"
	"syscall"
)

// system is what a store needs of a file system.
type system struct {
	create func(path string) (output, error)
	open   func(path string) (input, error)
	list   func(dir string) ([]fs.DirEntry, error)
	remove func(path string) error
}

// output is a file to which a reel is written.
type output interface {
	io.WriteCloser
	Truncate(size int64) error
	Sync() error
}

// input is a file from which a reel is read.
type input interface {
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
}

// files is the operating system's.
var files = system{
	create: func(path string) (output, error) {
		return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o640)
	},
	open: func(path string) (input, error) {
		return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe of that name must not be waited for
	},
	list:   os.ReadDir,
	remove: os.Remove,
}

// syncFolder makes new names in a folder safe against a power failure. Some file systems
// cannot, and lose no more than these.
func syncFolder(dir string) {
	f, err := os.Open(dir)
	if err != nil {
		return
	}
	f.Sync()
	f.Close()
}
