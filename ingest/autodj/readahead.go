package autodj

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"

	"relay/codec"
	"relay/mounts"
)

const (
	// patience is how long a disk may take to answer before its track is given up.
	patience = 10 * time.Second

	// maxReadAheads bounds how many files of a player are read at once: the one that
	// plays, and those that were given up and whose disk has still not answered.
	maxReadAheads = 4

	// readAheadPiece is how much of a file is read at a time, in bytes; three pieces
	// are ahead of the current unit.
	readAheadPiece = 16 << 10
)

// A Converter brings tracks to the format of their mount.
type Converter interface {
	// Problem returns why nothing can be converted, or nil.
	Problem() error
	// Tags returns the tags of a file of any kind, or why it cannot be converted.
	Tags(ctx context.Context, file *os.File) (codec.Tags, error)
	// Track opens a track and returns its audio in a format, at a bit rate in kbit/s
	// (0: near that of the track), or as it is if it cannot be converted. The caller
	// closes it; ctx ends the conversion.
	Track(ctx context.Context, open func() (io.ReadCloser, error), to codec.Format, kbits int) (io.ReadCloser, error)
}

// asItIs is a Converter that converts nothing.
type asItIs struct{}

var errNoConverter = errors.New("nothing converts it")

func (asItIs) Problem() error { return errNoConverter }

func (asItIs) Tags(context.Context, *os.File) (codec.Tags, error) {
	return codec.Tags{}, errNoConverter
}

func (asItIs) Track(_ context.Context, open func() (io.ReadCloser, error), _ codec.Format, _ int) (io.ReadCloser, error) {
	return open()
}

var errNoAnswer = errors.New("the disk does not answer")

// A readAhead reads a track ahead of the clock in a goroutine of its own, so that a
// disk that never answers blocks only that goroutine.
type readAhead struct {
	track  Track
	pieces chan piece
	ctx    context.Context // done when the track is no longer needed
	stop   context.CancelFunc
	size   atomic.Int64 // bytes read so far
	isRead atomic.Bool  // up to the end
	failed atomic.Bool  // it has ended before its first byte
}

// piece is the result of one read. The first has title and cover; the last has err,
// which is io.EOF if the track was read to its end.
type piece struct {
	title    mounts.Title
	untagged error // why the title in the tags is not known; nil: it is known, or there is none
	cover    *mounts.Cover
	data     []byte
	err      error
}

// load starts a readAhead; the capacity of slots bounds how many there are at once. The
// caller calls stop. ctx ends only the wait for a slot.
func load(ctx context.Context, track Track, in loading) (*readAhead, error) {
	select {
	case in.slots <- struct{}{}:
	case <-time.After(patience):
		return nil, errNoAnswer
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return in.start(track), nil
}

// loading says how tracks are read.
type loading struct {
	charset   string       // of the mount
	format    codec.Format // that tracks are brought to; zero parts stay as they are
	kbits     int          // 0: near the bit rate of the track
	converter Converter
	slots     chan struct{}
}

// tags returns the tags of a file, as the converter finds them.
func (in loading) tags(ctx context.Context, path FileTrack) codec.Tags {
	file, err := path.open()
	if err != nil {
		return codec.Tags{}
	}
	defer file.Close()
	tags, _ := in.converter.Tags(ctx, file) // a file without tags has its name as the title
	return tags
}

// start starts a readAhead, for which there is a slot.
func (in loading) start(track Track) *readAhead {
	t := &readAhead{track: track, pieces: make(chan piece, 1)}
	t.ctx, t.stop = context.WithCancel(context.Background())
	go func() {
		t.read(in)
		<-in.slots
	}()
	return t
}

func (t *readAhead) read(in loading) {
	audio, err := in.converter.Track(t.ctx, t.track.Open, in.format, in.kbits)
	if err != nil {
		t.failed.Store(true)
		t.give(piece{err: err})
		return
	}
	defer audio.Close()
	title, untagged := titleOf(t.track, in.charset, func(path FileTrack) codec.Tags { return in.tags(t.ctx, path) })
	for p := (piece{title: title, untagged: untagged, cover: coverOf(t.track)}); p.err == nil; p = (piece{}) {
		p.data = make([]byte, readAheadPiece)
		var n int
		n, p.err = io.ReadFull(audio, p.data)
		if errors.Is(p.err, io.ErrUnexpectedEOF) {
			p.err = io.EOF
		}
		p.data = p.data[:n]
		t.failed.Store(t.size.Add(int64(n)) == 0 && p.err != nil)
		t.isRead.Store(p.err != nil)
		if !t.give(p) || p.err != nil {
			return
		}
	}
}

func (t *readAhead) give(p piece) bool {
	select {
	case t.pieces <- p:
		return true
	case <-t.ctx.Done():
		return false
	}
}

// next waits for the next piece.
func (t *readAhead) next(ctx context.Context) (piece, error) {
	select {
	case p := <-t.pieces:
		return p, nil
	default: // the usual case needs no timer
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

// done reports whether the error is the end of a complete track.
func (p piece) done() bool { return errors.Is(p.err, io.EOF) }
