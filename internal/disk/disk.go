// Package disk waits for disks that may never answer, such as a network file system
// whose server is gone, no longer than whoever asks can wait.
package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

// Patience is how long a disk may take for a small file where nothing says
// otherwise.
const Patience = 5 * time.Second

// impatience is how long a file may take while another one does not answer: it may
// be on the same disk, and who asks for many would wait for each.
const impatience = time.Second

// ErrNoAnswer says that a disk has not answered in time. It comes in a
// *fs.PathError that names the file.
var ErrNoAnswer = errors.New("the disk does not answer")

func noAnswer(purpose, path string) error {
	return &fs.PathError{Op: purpose, Path: path, Err: ErrNoAnswer}
}

// look is work that is under way.
type look struct {
	done  chan struct{} // closed when value and err are set
	late  bool          // it has taken longer than somebody waited; guarded by mu
	value any
	err   error
}

var (
	mu       sync.Mutex
	underWay = map[[2]string]*look{} // by purpose and path; guarded by mu
	lateNow  int                     // how many of them are late; guarded by mu
)

// Look does work that reads at path and returns its result, or ErrNoAnswer when
// patience has run out. Work for the same purpose and path that is under way is
// joined, and not waited for at all if somebody has waited in vain: so a disk that
// does not answer costs one goroutine for each file. What it returns then is lost; the next Look
// begins anew.
func Look[T any](purpose, path string, patience time.Duration, work func() (T, error)) (T, error) {
	key := [2]string{purpose, path}
	mu.Lock()
	l := underWay[key]
	if l == nil {
		l = &look{done: make(chan struct{})}
		underWay[key] = l
		go func() {
			defer func() {
				mu.Lock()
				delete(underWay, key)
				if l.late {
					lateNow--
				}
				mu.Unlock()
				close(l.done)
			}()
			l.value, l.err = work()
		}()
	}
	late := l.late
	if lateNow > 0 {
		patience = min(patience, impatience)
	}
	mu.Unlock()
	if !late {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case <-l.done:
			value, _ := l.value.(T) // which may be a nil interface
			return value, l.err
		case <-timer.C:
			mu.Lock()
			if !l.late && underWay[key] == l {
				l.late = true
				lateNow++
			}
			mu.Unlock()
		}
	}
	var none T
	return none, noAnswer(purpose, path)
}

// Try does work that changes something at path. When patience has run out it returns
// ErrNoAnswer, and the context of work ends: what it has not begun by then it should
// leave.
func Try(purpose, path string, patience time.Duration, work func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return noAnswer(purpose, path)
	}
}

// ReadFile is os.ReadFile of a small file on a disk that may not answer. The caller
// must not change what it returns.
func ReadFile(path string) ([]byte, error) {
	return Look("read", path, Patience, func() ([]byte, error) { return os.ReadFile(path) })
}

// Stat is os.Stat on a disk that may not answer.
func Stat(path string) (os.FileInfo, error) {
	return Look("stat", path, Patience, func() (os.FileInfo, error) { return os.Stat(path) })
}
