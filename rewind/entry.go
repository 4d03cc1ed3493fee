package rewind

import (
	"errors"
	"io"
	"io/fs"
	"slices"
)

// Entry is a segment in the rewind. It needs no closing: its audio is read from a file that
// is opened when it must be, and shared.
type Entry struct {
	Facts
	Size int // of the audio in bytes

	store *Store
	reel  *reel
	at    int64
}

// entryOf returns the entry of a segment.
func (s *Store) entryOf(r *reel, one *stored) Entry {
	return Entry{
		Facts: Facts{
			Number: one.number, Domain: one.run.domain, Epoch: one.run.epoch, EpochBegan: ofMilli(one.run.epochBegan),
			Place: one.place, Began: ofMilli(one.began), Length: one.length, Format: one.run.format,
			Title: one.title, Titles: slices.Clip(one.titles),
		},
		Size: int(one.size), store: s, reel: r, at: one.at,
	}
}

// ReadAt reads audio, as io.ReaderAt says. It waits for the disk for a limited time: then the
// error is disk.ErrNoAnswer. It is ErrNotKept if the segment was removed since.
func (e Entry) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read before the beginning of a segment")
	}
	left := int64(e.Size) - off
	if left <= 0 {
		return 0, io.EOF
	}
	wanted := p[:min(int64(len(p)), left)]
	n, err := e.store.readAt(e.reel, wanted, e.at+off)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = ErrNotKept
	case err == io.EOF:
		err = io.ErrUnexpectedEOF // somebody has cut the file
	case err == nil && len(wanted) < len(p):
		err = io.EOF
	}
	return n, err
}

// Open returns a reader of the audio, from its beginning.
func (e Entry) Open() *io.SectionReader { return io.NewSectionReader(e, 0, int64(e.Size)) }
