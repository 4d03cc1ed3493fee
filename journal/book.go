package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"gopkg.in/natefinch/lumberjack.v2"

	"relay/conf"
	"relay/internal/fault"
	"relay/internal/logging"
)

// answerWithin is how long a disk may take before that is trouble.
const answerWithin = 10 * time.Second

// book is one of the two logs. One goroutine writes.
type book struct {
	name  string // "access" or "playlist"
	log   *zap.Logger
	file  *lumberjack.Logger
	lines chan []byte

	fault   fault.Fault
	began   time.Time
	asked   atomic.Int64 // how long after it began the disk was asked for what it has not done yet, ns; 0: nothing
	full    atomic.Int64 // lines that found no room in the queue, and the log does not know of
	missing atomic.Int64 // lines lost since the start

	// The writer's own.
	seen   os.FileInfo // the file when it was last written to; nil: not since it was opened
	failed int64       // lines lost in the present fault
}

// newBook returns a log of a file, or nil without one. The file is opened by the first
// line.
func newBook(name, path string, c conf.Log, log *zap.Logger) *book {
	if path == "" {
		return nil
	}
	return &book{
		name: name, log: log.With(zap.String("journal", name), zap.String("file", path)), began: time.Now(), lines: make(chan []byte, queued),
		file: &lumberjack.Logger{
			Filename:   path,
			MaxSize:    max(1, int(c.RotateSize>>20)),
			MaxBackups: c.RotateKeep,
			LocalTime:  true,
		},
	}
}

// put has a line written. It does not wait.
func (b *book) put(text []byte) {
	select {
	case b.lines <- text:
	default:
		b.full.Add(1)
		b.missing.Add(1)
	}
}

// run writes until ctx ends, then what is still waiting, and closes the file.
func (b *book) run(ctx context.Context) {
	if b == nil {
		return
	}
	defer b.file.Close()
	for {
		select {
		case text := <-b.lines:
			b.write(text)
			continue
		case <-ctx.Done():
		}
		for len(b.lines) > 0 {
			b.write(<-b.lines)
		}
		return
	}
}

// write writes a line. The log has it once when that fails, and once when it works
// again.
func (b *book) write(text []byte) {
	b.asked.Store(int64(time.Since(b.began)) + 1)
	lost, err := b.append(text)
	b.asked.Store(0)
	if lost {
		b.failed++
		b.missing.Add(1)
	}
	if err != nil {
		if b.fault.Failed(err) {
			b.log.Error("cannot write the journal; the broadcast goes on", zap.Error(err), logging.Limit())
		}
	} else if was, ended := b.fault.Works(); ended {
		b.log.Info("the journal is written again", zap.Time("since", was.Since), zap.Int64("attempts that failed", was.Failures), zap.Int64("lost lines", b.failed))
		b.failed = 0
	}
	if n := b.full.Swap(0); n > 0 {
		b.log.Warn("the journal could not keep up", zap.Int64("lost lines", n), logging.Limit())
	}
}

// append appends a line to the file, whole or not at all. Where the file cannot be
// begun anew although it is large enough, it grows on: the error says so, and the line
// is not lost.
func (b *book) append(text []byte) (lost bool, err error) {
	path := b.file.Filename
	at, err := os.Stat(path)
	if b.seen != nil && (err != nil || !os.SameFile(at, b.seen)) {
		if errors.Is(err, fs.ErrNotExist) {
			b.log.Info("the journal's file was moved or removed while in use, and is begun anew")
		}
		b.file.Close() // what is open, nobody sees
		b.seen = nil
	}
	n, err := b.file.Write(text)
	switch {
	case err == nil && b.seen == nil:
		b.seen, _ = os.Stat(path)
		return false, nil
	case err == nil:
		return false, nil
	case n > 0: // the disk is full: half a line would spoil the next one
		if now, err := os.Stat(path); err == nil && now.Mode().IsRegular() {
			os.Truncate(path, now.Size()-int64(n))
		}
		return true, err
	case at != nil && at.Size()+int64(len(text)) > int64(b.file.MaxSize)<<20:
		return b.growOn(text) != nil, err
	}
	return true, err
}

// growOn appends a line to a file that should have been begun anew.
func (b *book) growOn(text []byte) error {
	f, err := os.OpenFile(b.file.Filename, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// state says how it stands with the log. It waits for nobody.
func (b *book) state() fault.State {
	s := b.fault.State()
	if asked := b.asked.Load(); asked != 0 && time.Since(b.began)-time.Duration(asked) > answerWithin {
		s.Text = "the disk does not answer"
		if s.Since.IsZero() {
			s.Since = b.began.Add(time.Duration(asked))
		}
	}
	return s
}
