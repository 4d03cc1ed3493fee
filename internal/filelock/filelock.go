// Package filelock reserves something on the disk for one process: it locks (flock) a
// folder, or a file beside the protected one, for as long as the process wants or
// lives. The kernel releases the lock of a process that is killed.
//
// On NFS, Linux passes the lock of a file to the server, so it works between machines;
// the lock of a folder works on one machine only. On a file system without locks, every
// process gets one.
package filelock

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Lock is a lock held by this process.
type Lock struct {
	path string
	file *os.File
}

// InUse means that another process has the lock.
type InUse struct {
	Path string // of the locked file or folder
	PID  int    // of the process; 0: unknown, for example if it is in another container
}

func (e *InUse) Error() string {
	if e.PID > 0 {
		return fmt.Sprintf("%s is in use by another relay, process %d", e.Path, e.PID)
	}
	return fmt.Sprintf("%s is in use by another relay", e.Path)
}

// Take locks the file at path, and creates it if it is missing. It does not wait: the
// error is an *InUse if another process has the lock. Release does not remove the file,
// since another process may just have opened it.
func Take(path string) (*Lock, error) {
	return take(path, func() (*os.File, error) {
		const flags = syscall.O_NONBLOCK | syscall.O_NOFOLLOW
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|flags, 0o600)
		if errors.Is(err, fs.ErrPermission) { // another user has created it
			if read, err := os.OpenFile(path, os.O_RDONLY|flags, 0); err == nil {
				return read, nil
			}
		}
		return f, err
	})
}

// TakeFolder locks a folder in the same way. It writes nothing there.
func TakeFolder(path string) (*Lock, error) {
	return take(path, func() (*os.File, error) { return os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY, 0) })
}

func take(path string, open func() (*os.File, error)) (*Lock, error) {
	for again := false; ; again = true {
		f, err := open()
		if err != nil {
			return nil, err
		}
		l := &Lock{path, f}
		switch err := flock(f); {
		case errors.Is(err, syscall.EWOULDBLOCK):
			pid := owner(f)
			f.Close()
			if pid == 0 && !again {
				continue // it may have been released meanwhile
			}
			return nil, &InUse{Path: path, PID: pid}
		case err != nil && !isUnsupported(err):
			f.Close()
			return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
		}
		if l.Held() {
			return l, nil
		}
		f.Close() // it was replaced between the two calls
	}
}

// Held reports whether the locked file or folder is still the one at its path. If not,
// another process may have locked the new one.
func (l *Lock) Held() bool {
	at, err := os.Stat(l.path)
	if err != nil {
		return false
	}
	locked, err := l.file.Stat()
	return err == nil && os.SameFile(at, locked)
}

// Release allows another process to take the lock.
func (l *Lock) Release() { l.file.Close() }

func flock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// isUnsupported reports whether the file system has no locks.
func isUnsupported(err error) bool {
	return errors.Is(err, syscall.ENOLCK) || errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.EOPNOTSUPP)
}

// owner returns the process that has the lock of a file, as Linux reports it; 0:
// unknown.
func owner(f *os.File) (pid int) {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	locks, err := os.Open("/proc/locks")
	if err != nil {
		return 0
	}
	defer locks.Close()
	for lines := bufio.NewScanner(locks); lines.Scan(); {
		if holder, inode := parseLock(lines.Text()); inode == uint64(stat.Ino) {
			if pid != 0 && pid != holder {
				return 0 // two file systems have an inode of that number
			}
			pid = holder
		}
	}
	return pid
}

// parseLock reads a line of /proc/locks about a flock, such as "1: FLOCK  ADVISORY
// WRITE 708 08:01:1048581 0 EOF". For other lines pid is 0.
func parseLock(line string) (pid int, inode uint64) {
	fields := strings.Fields(line)
	if len(fields) < 6 || fields[1] != "FLOCK" {
		return 0, 0
	}
	pid, err := strconv.Atoi(fields[4])
	if err != nil || pid <= 0 {
		return 0, 0
	}
	at := fields[5]
	inode, err = strconv.ParseUint(at[strings.LastIndexByte(at, ':')+1:], 10, 64)
	if err != nil {
		return 0, 0
	}
	return pid, inode
}
