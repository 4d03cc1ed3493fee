package rewind

import (
	"errors"
	"io"
	"io/fs"
	"slices"

	"relay/segments"
)

// keptAudio is that of a segment in the rewind. It is read from a file that is opened when it
// must be, and shared.
type keptAudio struct {
	store *Store
	reel  *reel
	at    int64
	size  int
}

// entryOf returns the entry of a segment.
func (s *Store) entryOf(r *reel, one *stored) segments.Entry {
	return segments.Entry{
		Facts: segments.Facts{
			Number: one.number, Domain: one.run.domain, Epoch: one.run.epoch, EpochBegan: ofMilli(one.run.epochBegan),
			Place: one.place, Began: ofMilli(one.began), Length: one.length, Format: one.run.format,
			Title: one.title, Titles: slices.Clip(one.titles),
		},
		Size: int(one.size), ReaderAt: keptAudio{s, r, one.at, int(one.size)},
	}
}

// ReadAt reads audio, as io.ReaderAt says. It waits for the disk for a limited time: then the
// error is disk.ErrNoAnswer. It is ErrNotKept if the segment was removed since.
func (a keptAudio) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read before the beginning of a segment")
	}
	left := int64(a.size) - off
	if left <= 0 {
		return 0, io.EOF
	}
	wanted := p[:min(int64(len(p)), left)]
	n, err := a.store.readAt(a.reel, wanted, a.at+off)
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
