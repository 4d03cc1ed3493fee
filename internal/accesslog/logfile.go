package accesslog

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"gopkg.in/natefinch/lumberjack.v2"

	"relay/conf"
	"relay/internal/fault"
	"relay/internal/logging"
)

// answerWithin is how long a disk may take before that counts as a fault.
const answerWithin = 10 * time.Second

// logFile is one of the two logs. Only one goroutine writes.
type logFile struct {
	name  string // "access" or "playlist"
	log   *zap.Logger
	file  *lumberjack.Logger
	lines chan []byte

	fault   fault.Fault
	began   time.Time
	asked   atomic.Int64 // when the pending disk operation began, ns after began; 0: none is pending
	full    atomic.Int64 // lines dropped because the queue was full, not yet logged
	missing atomic.Int64 // lines lost since the start

	// Used only by the writer.
	seen   os.FileInfo // the open file; nil: none
	size   int64       // its size after the last line, in bytes; a smaller file was cut short
	failed int64       // lines lost in the present fault
}

// newLogFile returns the log with this path, or nil without a path. The first line opens
// the file.
func newLogFile(name, path string, c conf.Log, log *zap.Logger) *logFile {
	if path == "" {
		return nil
	}
	return &logFile{
		name: name, log: log.With(zap.String("log", name), zap.String("file", path)), began: time.Now(), lines: make(chan []byte, queued),
		file: &lumberjack.Logger{
			Filename:   path,
			MaxSize:    max(1, int(c.RotateSize>>20)),
			MaxBackups: c.RotateKeep,
			LocalTime:  true,
		},
	}
}

// put queues a line. It does not wait.
func (f *logFile) put(text []byte) {
	select {
	case f.lines <- text:
	default:
		f.full.Add(1)
		f.missing.Add(1)
	}
}

// run writes lines until ctx ends, then the remaining ones, and closes the file.
func (f *logFile) run(ctx context.Context) {
	if f == nil {
		return
	}
	defer f.file.Close()
	for {
		select {
		case text := <-f.lines:
			f.write(text)
			continue
		case <-ctx.Done():
		}
		for len(f.lines) > 0 {
			f.write(<-f.lines)
		}
		return
	}
}

// write writes a line. The program's log gets the beginning and the end of a fault,
// once each.
func (f *logFile) write(text []byte) {
	f.asked.Store(int64(time.Since(f.began)) + 1)
	lost, err := f.append(text)
	f.asked.Store(0)
	if lost {
		f.failed++
		f.missing.Add(1)
	}
	if err != nil {
		if f.fault.Failed(err) {
			f.log.Error("cannot write the access log; the broadcast goes on", zap.Error(err), logging.Limit())
		}
	} else if was, ended := f.fault.Works(); ended {
		f.log.Info("the access log is written again", zap.Time("since", was.Since), zap.Int64("attempts that failed", was.Failures), zap.Int64("lost lines", f.failed))
		f.failed = 0
	}
	if n := f.full.Swap(0); n > 0 {
		f.log.Warn("the access log could not keep up: some lines are lost", zap.Int64("lost lines", n), logging.Limit())
	}
}

// append appends a line to the file, completely or not at all. If a file that is large
// enough cannot be rotated, append returns an error but still writes the line to the
// old file.
func (f *logFile) append(text []byte) (lost bool, err error) {
	path := f.file.Filename
	at := f.reopenMoved()
	if f.seen == nil {
		if err := begin(path); err != nil {
			return true, err
		}
	}
	n, err := f.file.Write(text)
	switch {
	case err == nil:
		f.note(at, n)
		return false, nil
	case n > 0: // the disk is full: a partial line would spoil the next one
		if now, err := os.Stat(path); err == nil && now.Mode().IsRegular() {
			os.Truncate(path, now.Size()-int64(n))
		}
		return true, err
	case at != nil && at.Size()+int64(len(text)) > int64(f.file.MaxSize)<<20:
		return f.growOn(text) != nil, err
	}
	return true, err
}

// reopenMoved closes a file that has been moved, removed or cut short since the last
// line, for example by logrotate. It returns the file at the path now, nil if there is
// none.
func (f *logFile) reopenMoved() os.FileInfo {
	at, err := os.Stat(f.file.Filename)
	if err != nil {
		at = nil
	}
	switch {
	case f.seen == nil:
		return at
	case at == nil || !os.SameFile(at, f.seen):
		if errors.Is(err, fs.ErrNotExist) {
			f.log.Info("an access log file was moved or removed while in use: a new one was started")
		}
	case at.Size() >= f.size || !at.Mode().IsRegular():
		return at
	}
	f.file.Close() // the open file is no longer at the path, or its size has changed
	f.seen = nil
	return at
}

// note remembers the file after a line of n bytes; at is its state before the line.
func (f *logFile) note(at os.FileInfo, n int) {
	if f.seen != nil && at != nil {
		f.size = at.Size() + int64(n)
		return
	}
	if f.seen, _ = os.Stat(f.file.Filename); f.seen != nil {
		f.size = f.seen.Size()
	}
}

// begin creates the file if it is missing. If lumberjack created it, it would write at
// an offset, so that a file cut short by copytruncate would begin with zeros. It opens
// an existing file for appending.
func begin(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// growOn appends a line to a file that could not be rotated.
func (f *logFile) growOn(text []byte) error {
	file, err := os.OpenFile(f.file.Filename, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// state returns the state of the log. It does not wait.
func (f *logFile) state() fault.State {
	s := f.fault.State()
	if asked := f.asked.Load(); asked != 0 && time.Since(f.began)-time.Duration(asked) > answerWithin {
		s.Text = "the disk does not answer"
		if s.Since.IsZero() {
			s.Since = f.began.Add(time.Duration(asked))
		}
	}
	return s
}
