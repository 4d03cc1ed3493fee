package rewrite

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// While a text is written in place, a copy of it is kept beside the file, after a line
// of its own:
//
//	relay saving SHA-256 of the old text, SHA-256 of the new one, in hexadecimal
const copyHead = "relay saving %x %x\n"

// maxText is how much of a file or its copy is read, in bytes.
const maxText = 64 << 20

// handEdit is the difference in time from which on a file counts as changed by somebody
// else after its copy.
const handEdit = time.Minute

// copyOf returns the name of the copy for a file.
func copyOf(name string) string {
	return filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".saving")
}

// writeInPlace writes a text into an existing file. After a failure the file has its
// old text again.
func writeInPlace(name string, text []byte, owner *syscall.Stat_t) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("%s is locked by another program", name)
	}
	old, err := io.ReadAll(io.LimitReader(f, maxText+1))
	if err != nil {
		return err
	}
	if len(old) > maxText {
		return fmt.Errorf("%s is larger than %d MiB", name, maxText>>20)
	}
	beside := copyOf(name)
	if err := keepCopy(beside, old, text, owner); err != nil && !mustStay(err) {
		return err // for example a full disk: the file would be cut too
	}
	if err := overwrite(f, text); err != nil {
		return errors.Join(err, overwrite(f, old), os.Remove(beside))
	}
	os.Remove(beside) // it may not exist
	return nil
}

// overwrite replaces the text of an open file. It cuts off the old rest last, so that
// the file always contains at least the common part of both texts.
func overwrite(f *os.File, text []byte) error {
	if _, err := f.WriteAt(text, 0); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return errors.Join(f.Truncate(int64(len(text))), f.Sync())
}

// keepCopy writes the copy of a text that is going to replace an old one.
func keepCopy(beside string, old, text []byte, owner *syscall.Stat_t) error {
	os.Remove(beside)
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if owner != nil {
		keepOwner(f, owner) // an error does no harm: nobody else may read the copy anyway
	}
	head := fmt.Appendf(nil, copyHead, sha256.Sum256(old), sha256.Sum256(text))
	if _, err = f.Write(append(head, text...)); err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	if err != nil {
		os.Remove(beside)
		return err
	}
	syncFolder(filepath.Dir(beside))
	return nil
}

// Recover completes a write in place that a crash interrupted, and reports whether
// there was one. A file that somebody has changed since stays as it is.
func Recover(name string) (recovered bool, err error) {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	beside := copyOf(name)
	text, oldSum, err := readCopy(beside)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		recovered, err = finish(name, beside, text, oldSum)
	} else if errors.Is(err, errTorn) {
		err = nil // the file had not been changed yet
	}
	if err == nil {
		os.Remove(beside)
	}
	return recovered, err
}

// finish writes a text into a file that has neither the old nor the new text.
func finish(name, beside string, text []byte, oldSum [sha256.Size]byte) (bool, error) {
	now, err := os.ReadFile(name)
	if err != nil {
		return false, err
	}
	if sha256.Sum256(now) == oldSum || bytes.Equal(now, text) {
		return false, nil
	}
	file, err := os.Stat(name)
	if err != nil {
		return false, err
	}
	saved, err := os.Stat(beside)
	if err != nil || file.ModTime().Sub(saved.ModTime()) > handEdit {
		return false, err
	}
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return false, err
	}
	defer f.Close()
	return true, overwrite(f, text)
}

// errTorn means that a copy is incomplete.
var errTorn = errors.New("the copy is not whole")

// readCopy returns the text in a copy, and the sum of the text that it was to replace.
func readCopy(beside string) (text []byte, oldSum [sha256.Size]byte, err error) {
	f, err := os.OpenFile(beside, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, oldSum, err
	}
	defer f.Close()
	whole, err := io.ReadAll(io.LimitReader(f, maxText+256))
	if err != nil {
		return nil, oldSum, err
	}
	head, text, found := bytes.Cut(whole, []byte("\n"))
	var old, own []byte
	if n, _ := fmt.Sscanf(string(head)+"\n", copyHead, &old, &own); !found || n != 2 || len(old) != sha256.Size {
		return nil, oldSum, errTorn
	}
	if sum := sha256.Sum256(text); !bytes.Equal(own, sum[:]) {
		return nil, oldSum, errTorn
	}
	return text, [sha256.Size]byte(old), nil
}
