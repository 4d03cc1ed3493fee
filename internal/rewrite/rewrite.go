// Package rewrite replaces the text of a file as a whole: during the change, or after a
// crash, the file has the old text or the new one.
//
// Usually it writes a second file and renames it. If that is impossible, because the
// file itself is mounted (as containers do with a configuration), because no file can
// be created in its folder, or because the file would change its owner, it writes in
// place. Meanwhile the new text is kept beside the file, if possible, so that Recover
// can complete a write that a crash interrupted.
package rewrite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// errOwner means that a new file cannot have the owner of the old one.
var errOwner = errors.New("the new file would have another owner")

// File replaces the text of a file. Its owner and mode stay, and a link to it stays a
// link. A missing file is created with mode.
func File(name string, text []byte, mode fs.FileMode) error {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return byRename(name, text, mode, nil)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return &fs.PathError{Op: "write", Path: name, Err: errors.New("not a regular file")}
	}
	owner, _ := info.Sys().(*syscall.Stat_t)
	mode = info.Mode().Perm()
	err = byRename(name, text, mode, owner)
	if err == nil || !mustStay(err) {
		return err
	}
	inPlace := writeInPlace(name, text, owner)
	switch {
	case inPlace == nil:
		return nil
	case errors.Is(err, errOwner) && errors.Is(inPlace, fs.ErrPermission):
		return byRename(name, text, mode, nil)
	case errors.Is(inPlace, fs.ErrPermission), errors.Is(inPlace, syscall.EROFS):
		return fmt.Errorf("%w, and cannot be replaced either (%v): make the file writable for this program, or its folder; "+
			"in a container mount the folder in place of the file, and not read-only", inPlace, reason(err))
	}
	return inPlace
}

// mustStay reports whether an error of byRename means that the file must be written in
// place.
func mustStay(err error) bool {
	for _, cause := range []error{syscall.EBUSY, syscall.EXDEV, syscall.EROFS, fs.ErrPermission, errOwner} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// byRename writes a second file and renames it to name. If owner is not nil, the file
// keeps user and group, or byRename fails with errOwner.
func byRename(name string, text []byte, mode fs.FileMode, owner *syscall.Stat_t) error {
	next, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name()) // gone by then unless something failed
	defer next.Close()
	if owner != nil {
		if err := keepOwner(next, owner); err != nil {
			return err
		}
	}
	if _, err := next.Write(text); err != nil {
		return err
	}
	if err := errors.Join(next.Chmod(mode), next.Sync(), next.Close()); err != nil {
		return err
	}
	if err := os.Rename(next.Name(), name); err != nil {
		return err
	}
	syncFolder(filepath.Dir(name))
	return nil
}

// keepOwner sets the owner of a file. The error is errOwner.
func keepOwner(f *os.File, owner *syscall.Stat_t) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if now, ok := info.Sys().(*syscall.Stat_t); ok && now.Uid == owner.Uid && now.Gid == owner.Gid {
		return nil
	}
	if f.Chown(int(owner.Uid), int(owner.Gid)) != nil {
		return errOwner
	}
	return nil
}

// syncFolder writes a new name to the disk, if the system supports that.
func syncFolder(dir string) {
	if f, err := os.Open(dir); err == nil {
		f.Sync()
		f.Close()
	}
}

// reason returns the system's reason, without the names of files.
func reason(err error) error {
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &at):
		return at.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
