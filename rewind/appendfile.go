package rewind

import (
	"net"
	"os"
)

// appendFile is a file to which pieces are appended completely or not at all.
type appendFile struct {
	output
	path string
	size int64
}

// append writes pieces. After an error the file must only be closed.
func (f *appendFile) append(pieces net.Buffers) error {
	if _, err := os.Stat(f.path); err != nil {
		return err // a removed file would still accept bytes that nobody can read
	}
	size := f.size
	for _, piece := range pieces {
		if _, err := f.Write(piece); err != nil {
			return err
		}
		size += int64(len(piece))
	}
	f.size = size
	return nil
}

// giveUp removes what was not appended completely, and closes the file. Should the disk
// refuse, the index does not name it anyway.
func (f *appendFile) giveUp() {
	f.Truncate(f.size)
	f.Close()
}
