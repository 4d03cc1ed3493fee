// Package disk waits for disks that may never answer, such as a network file system
// whose server is gone, for a limited time. It also reads small files.
package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

// Patience is how long to wait for a small file, unless the caller has a reason for
// another limit.
const Patience = 5 * time.Second

// impatience is how long to wait for a file while another one does not answer: it may
// be on the same disk, and many files would each take the full time.
const impatience = time.Second

// ErrNoAnswer means that a disk has not answered in time. It is wrapped in an
// *fs.PathError with the name of the file.
var ErrNoAnswer = errors.New("the disk does not answer")

func noAnswer(purpose, path string) error {
	return &fs.PathError{Op: purpose, Path: path, Err: ErrNoAnswer}
}

// look is an operation in progress.
type look struct {
	done  chan struct{} // closed when value and err are set
	late  bool          // it has taken longer than a caller waited; guarded by mu
	value any
	err   error
}

var (
	mu       sync.Mutex
	underWay = map[[2]string]*look{} // by purpose and path; guarded by mu
	lateNow  int                     // how many of these are late; guarded by mu
)

// Look calls work, which reads at path, and returns its result, or ErrNoAnswer after
// patience. A call for the same purpose and path as an operation in progress joins that
// operation, and does not wait at all if an earlier caller has waited in vain: so a
// disk that does not answer costs one goroutine for each file. The late result is
// discarded; the next Look starts again.
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
			value, _ := l.value.(T) // it may be a nil interface
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

// Try calls work, which changes something at path. After patience it returns
// ErrNoAnswer, and the context of work ends: work should then not begin any further
// step.
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

// ReadFile is os.ReadFile for a small file on a disk that may not answer. The caller
// must not change the result.
func ReadFile(path string) ([]byte, error) {
	return Look("read", path, Patience, func() ([]byte, error) { return os.ReadFile(path) })
}

// Stat is os.Stat for a disk that may not answer.
func Stat(path string) (os.FileInfo, error) {
	return Look("stat", path, Patience, func() (os.FileInfo, error) { return os.Stat(path) })
}
