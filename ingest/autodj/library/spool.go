package library

import (
	"io"
	"os"
)

// spool stores a list: in a deleted file, which goes with the program, or in memory
// if there is no room for files.
type spool struct {
	file   *os.File
	memory []byte
}

// newSpool makes a spool, on disk or in memory.
func newSpool(onDisk bool) (*spool, error) {
	if !onDisk {
		return &spool{}, nil
	}
	file, err := os.CreateTemp("", "relay-library-*")
	if err != nil {
		return nil, err
	}
	return &spool{file: file}, os.Remove(file.Name())
}

func (s *spool) Write(p []byte) (int, error) {
	if s.file != nil {
		return s.file.Write(p)
	}
	s.memory = append(s.memory, p...)
	return len(p), nil
}

func (s *spool) ReadAt(p []byte, at int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, at)
	}
	if at > int64(len(s.memory)) {
		return 0, io.EOF
	}
	n := copy(p, s.memory[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (s *spool) Close() {
	if s.file != nil {
		s.file.Close()
	}
}
