package recordings

import (
	"errors"
	"io/fs"
	"os"
)

// makeFolder makes a folder if it is not there, but not the one it is in: where
// a disk is not mounted, nothing should be written in its place.
func makeFolder(dir string) error {
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// tryFolder reports what would keep files from being made in a folder.
func tryFolder(dir string) error {
	if err := makeFolder(dir); err != nil {
		return err
	}
	probe, err := os.CreateTemp(dir, ".relay-")
	if err != nil {
		return err
	}
	probe.Close()
	return os.Remove(probe.Name())
}
