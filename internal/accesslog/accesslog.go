// Package accesslog writes the two logs that other programs read: access.log and
// playlist.log, line for line as Icecast does (e2e/recorded/access-and-playlist-log.txt).
// Log analysers and reports for rights societies are built on them.
//
//	in:   connections that have ended, titles that went on the air
//	out:  lines in files, which are rotated when they have grown large
//
// Callers never wait for a disk: lines go through a queue to a goroutine. If the queue
// is full, or the file cannot be written, lines are lost; the program's own log,
// metrics and the API report that.
package accesslog

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/crew"
)

const (
	// queued is how many lines of each log may wait for the disk.
	queued = 10_000
	// goodbye is how long the disk may take to write the remaining lines at shutdown.
	goodbye = 3 * time.Second
)

// Logs is both logs, each with its own queue and writer, so that a fault of one does
// not affect the other. A nil Logs writes nothing.
type Logs struct {
	log      *zap.Logger
	access   *logFile // nil: not configured
	playlist *logFile
	goodbye  time.Duration
}

// New returns the logs of the configured files, or nil if there are none.
func New(c conf.Log, log *zap.Logger) *Logs {
	l := &Logs{log: log, goodbye: goodbye}
	l.access, l.playlist = newLogFile("access", c.AccessFile, c, log), newLogFile("playlist", c.PlaylistFile, c, log)
	if l.access == nil && l.playlist == nil {
		return nil
	}
	return l
}

// Run writes lines until ctx ends, then the remaining ones, and closes the files. If a
// disk does not answer, Run gives up after a time limit.
func (l *Logs) Run(ctx context.Context) {
	if l != nil && !crew.Within(ctx, l.goodbye, l.write) {
		l.log.Error("the disk does not answer: the access log may lack its end")
	}
}

func (l *Logs) write(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() { l.access.run(ctx) })
	both.Go(func() { l.playlist.run(ctx) })
	both.Wait()
}

// File is the state of one of the two logs.
type File struct {
	File    string `json:"file"`    // empty: not configured
	Trouble string `json:"trouble"` // why it cannot be written or rotated; empty: no trouble
}

// Files returns the states of access.log and playlist.log. It does not wait.
func (l *Logs) Files() (access, playlist File) {
	if l == nil {
		return access, playlist
	}
	return l.access.describe(), l.playlist.describe()
}

func (f *logFile) describe() File {
	if f == nil {
		return File{}
	}
	return File{f.file.Filename, f.state().Text}
}
