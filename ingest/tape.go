package ingest

import (
	"context"
	"errors"
	"io"
	"time"

	"relay/mounts"
)

const (
	// patience is how long a disk may take to answer before its track is given up.
	patience = 10 * time.Second

	// mostTapes bounds how many files of a player may be waited for at once: the
	// one that plays, and those given up whose disk has still not answered.
	mostTapes = 4

	// tapePiece is how much of a file is read at a time, in bytes; three of them
	// are ahead of the frame that plays.
	tapePiece = 16 << 10
)

var errNoAnswer = errors.New("the disk does not answer")

// A tape is a track that a goroutine of its own reads ahead of the clock, so
// that a disk that never answers holds up no more than that goroutine.
type tape struct {
	pieces  chan piece
	stopped chan struct{}
}

// piece is what was read at once. The first has the title, the last has err,
// which is io.EOF where the track ends as it should.
type piece struct {
	title mounts.Title
	data  []byte
	err   error
}

// load begins a tape; slots has room for as many as may be there at once. charset is
// that of the mount.
func load(ctx context.Context, track Track, charset string, slots chan struct{}) (*tape, error) {
	select {
	case slots <- struct{}{}:
	case <-time.After(patience):
		return nil, errNoAnswer
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	t := &tape{pieces: make(chan piece, 1), stopped: make(chan struct{})}
	go func() {
		t.read(track, charset)
		<-slots
	}()
	return t, nil
}

func (t *tape) read(track Track, charset string) {
	file, err := track.Open()
	if err != nil {
		t.give(piece{err: err})
		return
	}
	defer file.Close()
	for p := (piece{title: track.Title(charset)}); p.err == nil; p = (piece{}) {
		p.data = make([]byte, tapePiece)
		var n int
		n, p.err = file.Read(p.data)
		p.data = p.data[:n]
		if !t.give(p) || p.err != nil {
			return
		}
	}
}

func (t *tape) give(p piece) bool {
	select {
	case t.pieces <- p:
		return true
	case <-t.stopped:
		return false
	}
}

// next waits for the next piece.
func (t *tape) next(ctx context.Context) (piece, error) {
	select {
	case p := <-t.pieces:
		return p, nil
	default: // no timer where none is needed
	}
	select {
	case p := <-t.pieces:
		return p, nil
	case <-time.After(patience):
		return piece{}, errNoAnswer
	case <-ctx.Done():
		return piece{}, context.Cause(ctx)
	}
}

// stop lets the file go, as soon as its disk does.
func (t *tape) stop() { close(t.stopped) }

// done reports whether an error is the end of a whole track.
func (p piece) done() bool { return errors.Is(p.err, io.EOF) }
