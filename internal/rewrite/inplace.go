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

// A copy of the text that is being written lies beside the file, behind a line of
// its own:
//
//	relay saving SHA-256 of the old text, SHA-256 of the new one, in hexadecimal
const copyHead = "relay saving %x %x\n"

// longestText bounds what is read of a file and its copy, in bytes.
const longestText = 64 << 20

// handEdit is how much later than its copy a file is changed by somebody else.
const handEdit = time.Minute

// copyOf is the name of the copy of a text that a file gets in place.
func copyOf(name string) string {
	return filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".saving")
}

// writeInPlace writes a text into a file that is there. When that fails the file
// has its old text again.
func writeInPlace(name string, text []byte, owner *syscall.Stat_t) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("%s is locked by another program", name)
	}
	old, err := io.ReadAll(io.LimitReader(f, longestText+1))
	if err != nil {
		return err
	}
	if len(old) > longestText {
		return fmt.Errorf("%s is larger than %d MiB", name, longestText>>20)
	}
	beside := copyOf(name)
	if err := keepCopy(beside, old, text, owner); err != nil && !mustStay(err) {
		return err // of a full disk: the file would be cut too
	}
	if err := overwrite(f, text); err != nil {
		return errors.Join(err, overwrite(f, old), os.Remove(beside))
	}
	os.Remove(beside) // which need not be there
	return nil
}

// overwrite gives an open file a text. What is behind it is cut off last, so that
// at no time there is less than the part that both texts have.
func overwrite(f *os.File, text []byte) error {
	if _, err := f.WriteAt(text, 0); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return errors.Join(f.Truncate(int64(len(text))), f.Sync())
}

// keepCopy writes the copy of a text that is to come in place of an old one.
func keepCopy(beside string, old, text []byte, owner *syscall.Stat_t) error {
	os.Remove(beside)
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if owner != nil {
		keepOwner(f, owner) // nobody else may read it anyway
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

// Recover finishes what a crash has cut short while a text was written in place,
// and reports whether there was something to finish. A file that somebody has
// changed since stays as it is.
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
		err = nil // the file had not been touched yet
	}
	if err == nil {
		os.Remove(beside)
	}
	return recovered, err
}

// finish writes a text into a file that has neither the old text nor that one.
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

// errTorn says that a copy is not whole.
var errTorn = errors.New("the copy is not whole")

// readCopy returns the text in a copy, and the sum of the one that it was to
// replace.
func readCopy(beside string) (text []byte, oldSum [sha256.Size]byte, err error) {
	f, err := os.OpenFile(beside, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, oldSum, err
	}
	defer f.Close()
	whole, err := io.ReadAll(io.LimitReader(f, longestText+256))
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
