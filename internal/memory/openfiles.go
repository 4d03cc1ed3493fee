package memory

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// maxText is how much of a file is read, in bytes; memory.stat is the longest file.
const maxText = 32 << 10

// openFiles reads the kernel's files about memory. They stay open between two looks:
// each look costs one system call a file, whereas opening costs eight. Not safe for
// concurrent use.
type openFiles struct {
	files map[string]*os.File // by path; nil: it cannot be opened
	text  []byte              // room for one file
	stale bool                // one of the files can no longer be read: its group is gone
}

func newOpenFiles() *openFiles {
	return &openFiles{files: map[string]*os.File{}, text: make([]byte, maxText)}
}

// read returns the contents of a file, valid until the next read.
func (o *openFiles) read(path string) (text string, ok bool) {
	f, known := o.files[path]
	if !known {
		if fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0); err == nil {
			f = os.NewFile(uintptr(fd), path) // closed when it is garbage-collected
		}
		o.files[path] = f
	}
	if f == nil {
		return "", false
	}
	for {
		n, err := syscall.Pread(int(f.Fd()), o.text, 0)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n == len(o.text) {
			o.stale = true
			return "", false
		}
		return string(o.text[:n]), true
	}
}

// number returns the number in a file.
func (o *openFiles) number(path string) (n int64, ok bool) {
	text, ok := o.read(path)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n, err == nil
}

// named calls each with the lines of a text that consist of a name and a number.
func named(text string, each func(name string, n int64)) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		if n, err := strconv.ParseInt(words[1], 10, 64); err == nil {
			each(words[0], n)
		}
	}
}
