package settings

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// save replaces a file as a whole: whoever reads it meanwhile, or after a
// crash, finds the old text or the new one. A link stays a link.
func save(name string, text []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	next, err := os.CreateTemp(filepath.Dir(name), ".relay-*.toml")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name()) // gone by then unless something failed
	_, err = next.Write(text)
	keepOwner(next, info)
	err = errors.Join(err, next.Chmod(info.Mode().Perm()), next.Sync(), next.Close())
	if err != nil {
		return err
	}
	return os.Rename(next.Name(), name)
}

// keepOwner gives a file the owner of another, where that is allowed: it still
// holds passwords that somebody else may have to read.
func keepOwner(f *os.File, like os.FileInfo) {
	if stat, ok := like.Sys().(*syscall.Stat_t); ok {
		f.Chown(int(stat.Uid), int(stat.Gid))
	}
}
