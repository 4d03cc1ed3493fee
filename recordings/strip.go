package recordings

import (
	"io"
	"os"
)

// file is what recordings need of a file.
type file interface {
	io.WriteCloser
	Truncate(size int64) error
}

// create makes a file that is only appended to. The error is fs.ErrExist if
// there is one of that name.
func create(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o640)
}

// strip is a file to which pieces are appended whole or not at all.
type strip struct {
	file
	path string
	size int64
}

// append writes a piece. After an error nothing of it is in the file, unless
// the disk refuses even that: the strip must not be written to again.
func (s *strip) append(piece []byte) error {
	if len(piece) == 0 {
		return nil
	}
	if _, err := os.Stat(s.path); err != nil {
		return err // a file that was removed goes on taking bytes that nobody will see
	}
	if _, err := s.file.Write(piece); err != nil {
		s.file.Truncate(s.size)
		return err
	}
	s.size += int64(len(piece))
	return nil
}
