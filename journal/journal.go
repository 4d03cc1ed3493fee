// Package journal writes the two logs that other programs read: access.log and
// playlist.log, line for line as Icecast does (wire/README.md section 7). Log
// analysers and reports for rights societies are built on them.
//
//	in:   connections that have ended, titles that went on the air
//	out:  lines in files, begun anew when they have grown large
//
// Nobody waits for a disk: lines go through a queue to the goroutine of Run,
// and when that is full they are lost, which the program's own log then says.
//
// Of that log, Tail keeps the last lines in memory, for pages and the API.
package journal

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"gopkg.in/natefinch/lumberjack.v2"

	"relay/conf"
	"relay/crew"
	"relay/internal/logging"
)

const (
	// queued is how many lines may wait for the disk.
	queued = 10_000
	// goodbye is how long a disk may take to write what is left at the end.
	goodbye = 3 * time.Second
)

// Journal is both logs. A nil Journal writes nothing.
type Journal struct {
	log      *zap.Logger
	access   io.WriteCloser // nil: not kept
	playlist io.WriteCloser
	lines    chan line
	lost     atomic.Int64
	goodbye  time.Duration
	trouble  string // that was told last; of the one who writes
}

type line struct {
	to   io.Writer
	text []byte
}

// New returns a journal of the configured files, or nil when there are none.
// Files are opened by the first line.
func New(c conf.Log, log *zap.Logger) *Journal {
	j := &Journal{log: log, lines: make(chan line, queued), goodbye: goodbye}
	open := func(name string) io.WriteCloser {
		if name == "" {
			return nil
		}
		return &lumberjack.Logger{
			Filename:   name,
			MaxSize:    max(1, int(c.RotateSize>>20)),
			MaxBackups: c.RotateKeep,
			LocalTime:  true,
		}
	}
	j.access, j.playlist = open(c.AccessFile), open(c.PlaylistFile)
	if j.access == nil && j.playlist == nil {
		return nil
	}
	return j
}

// Run writes until ctx ends, then what is still waiting, and closes the files. It
// does not wait for ever for a disk that does not answer.
func (j *Journal) Run(ctx context.Context) {
	if j != nil && !crew.Within(ctx, j.goodbye, j.write) {
		j.log.Error("the disk does not answer, the journal may lack its end")
	}
}

func (j *Journal) write(ctx context.Context) {
	for {
		select {
		case l := <-j.lines:
			j.writeLine(l)
			continue
		case <-ctx.Done():
		}
		for len(j.lines) > 0 {
			j.writeLine(<-j.lines)
		}
		for _, file := range []io.Closer{j.access, j.playlist} {
			if file != nil {
				file.Close()
			}
		}
		return
	}
}

// writeLine writes a line; trouble is told once, until it is another or over.
func (j *Journal) writeLine(l line) {
	problem := ""
	if _, err := l.to.Write(l.text); err != nil {
		problem = err.Error()
	}
	if problem != "" && problem != j.trouble {
		j.log.Error("cannot write the journal; its lines are lost, the broadcast goes on", zap.String("error", problem), logging.Limit())
	}
	j.trouble = problem
	if n := j.lost.Swap(0); n > 0 {
		j.log.Warn("the journal could not keep up", zap.Int64("lost lines", n), logging.Limit())
	}
}

func (j *Journal) put(to io.Writer, text []byte) {
	select {
	case j.lines <- line{to, text}:
	default:
		j.lost.Add(1)
	}
}
