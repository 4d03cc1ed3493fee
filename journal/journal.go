// Package journal writes the two logs that other programs read: access.log and
// playlist.log, line for line as Icecast does (wire/README.md section 7). Log
// analysers and reports for rights societies are built on them.
//
//	in:   connections that have ended, titles that went on the air
//	out:  lines in files, begun anew when they have grown large
//
// Nobody waits for a disk: lines go through a queue to a goroutine, and when that is
// full, or the file cannot be written, they are lost, which the program's own log,
// metrics and the API then say.
//
// Of that log, Tail keeps the last lines in memory, for pages and the API.
package journal

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/crew"
)

const (
	// queued is how many lines of each log may wait for the disk.
	queued = 10_000
	// goodbye is how long a disk may take to write what is left at the end.
	goodbye = 3 * time.Second
)

// Journal is both logs, each with a queue and a writer of its own: one that fails is in
// nobody's way. A nil Journal writes nothing.
type Journal struct {
	log      *zap.Logger
	access   *book // nil: not kept
	playlist *book
	goodbye  time.Duration
}

// New returns a journal of the configured files, or nil when there are none.
func New(c conf.Log, log *zap.Logger) *Journal {
	j := &Journal{log: log, goodbye: goodbye}
	j.access, j.playlist = newBook("access", c.AccessFile, c, log), newBook("playlist", c.PlaylistFile, c, log)
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
	var both sync.WaitGroup
	both.Go(func() { j.access.run(ctx) })
	both.Go(func() { j.playlist.run(ctx) })
	both.Wait()
}

// File is one of the two logs as operators see it.
type File struct {
	File    string `json:"file"`    // empty: it is not kept
	Trouble string `json:"trouble"` // why it cannot be written, or not begun anew; empty: nothing is wrong
}

// Files returns how it stands with access.log and playlist.log. It waits for nobody.
func (j *Journal) Files() (access, playlist File) {
	if j == nil {
		return access, playlist
	}
	return j.access.describe(), j.playlist.describe()
}

func (b *book) describe() File {
	if b == nil {
		return File{}
	}
	return File{b.file.Filename, b.state().Text}
}
