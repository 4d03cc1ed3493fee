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

	"go.uber.org/zap"
	"gopkg.in/natefinch/lumberjack.v2"

	"relay/conf"
)

// queued is how many lines may wait for the disk.
const queued = 10_000

// Journal is both logs. A nil Journal writes nothing.
type Journal struct {
	log      *zap.Logger
	access   io.WriteCloser // nil: not kept
	playlist io.WriteCloser
	lines    chan line
	lost     atomic.Int64
}

type line struct {
	to   io.Writer
	text []byte
}

// New returns a journal of the configured files, or nil when there are none.
// Files are opened by the first line.
func New(c conf.Log, log *zap.Logger) *Journal {
	j := &Journal{log: log, lines: make(chan line, queued)}
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

// Run writes until ctx ends, then what is still waiting, and closes the files.
func (j *Journal) Run(ctx context.Context) {
	if j == nil {
		return
	}
	var trouble string
	write := func(l line) {
		problem := ""
		if _, err := l.to.Write(l.text); err != nil {
			problem = err.Error()
		}
		if problem != "" && problem != trouble {
			j.log.Error("cannot write the journal; its lines are lost, the broadcast goes on", zap.String("error", problem))
		}
		trouble = problem
		if n := j.lost.Swap(0); n > 0 {
			j.log.Warn("the journal could not keep up", zap.Int64("lost lines", n))
		}
	}
	for {
		select {
		case l := <-j.lines:
			write(l)
			continue
		case <-ctx.Done():
		}
		for len(j.lines) > 0 {
			write(<-j.lines)
		}
		for _, file := range []io.Closer{j.access, j.playlist} {
			if file != nil {
				file.Close()
			}
		}
		return
	}
}

func (j *Journal) put(to io.Writer, text []byte) {
	select {
	case j.lines <- line{to, text}:
	default:
		j.lost.Add(1)
	}
}
