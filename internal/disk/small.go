package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadSmall reads a regular file of up to most bytes. It refuses all others, since
// opening a pipe would wait for a writer. It waits for the disk without a limit: call
// it in Look or Try.
func ReadSmall(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	tooLarge := fmt.Errorf("larger than %d MiB", most>>20)
	switch {
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > most:
		return nil, tooLarge
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = tooLarge // it has grown meanwhile
	}
	return text, err
}

// SameContent reports whether a file is unchanged between two calls of Stat.
func SameContent(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// Reason returns the system's reason for an error, without the name of the file.
func Reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
