package recordings

import (
	"io"
	"os"
)

// file is the part of an os.File that recordings use.
type file interface {
	io.WriteCloser
	Truncate(size int64) error
}

// create creates a file for appending. The error is fs.ErrExist if the name is taken.
func create(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o640)
}

// appendFile is a file to which pieces are appended completely or not at all.
type appendFile struct {
	file
	path string
	size int64
}

// append writes a piece. After an error nothing of the piece is in the file, unless the
// disk refuses to remove it: then the file must not be written to again.
func (s *appendFile) append(piece []byte) error {
	if len(piece) == 0 {
		return nil
	}
	if _, err := os.Stat(s.path); err != nil {
		return err // a removed file would still accept bytes that nobody can read
	}
	if _, err := s.file.Write(piece); err != nil {
		s.file.Truncate(s.size)
		return err
	}
	s.size += int64(len(piece))
	return nil
}
