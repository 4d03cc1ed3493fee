package rewind

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"
)

// reel is one audio file and its index. Its fields are guarded by Store.mu once it is in
// the list of a store.
type reel struct {
	path     string // of its files, without extension
	count    int64
	began    time.Time
	ended    time.Time // the end of the last segment; began: there is none
	first    int64     // number of the first segment
	last     int64     // likewise of the last
	segments int       // those that are whole
	length   time.Duration
	audio    int64 // size of the audio file in bytes
	index    int64 // likewise of the index

	open   bool     // it is being written
	kept   []stored // its segments while it is being written
	broken bool     // its index could not be read
}

// size returns the size of both files in bytes.
func (r *reel) size() int64 { return r.audio + r.index }

func (r *reel) audioPath() string { return r.path + audioExt }
func (r *reel) indexPath() string { return r.path + indexExt }

// take adds a segment to the facts.
func (r *reel) take(s *stored) {
	if r.segments == 0 {
		r.began, r.first = ofMilli(s.began), s.number
	}
	r.last, r.ended = s.number, s.ended()
	r.segments++
	r.length += s.length
}

// errNotOurs means that a file has the name of a reel, but is none of this mount.
var errNotOurs = errors.New("it is not part of the rewind of this mount")

// loadReel reads the facts of a reel whose files have these sizes. One that was not ended is
// checked against its audio, since a power failure may leave a line without it. damaged is
// how many lines could not be read.
func (s *Store) loadReel(name string, audio, indexSize int64) (r *reel, damaged int, err error) {
	began, count, _ := parseReelName(name)
	r = &reel{path: filepath.Join(s.dir, name), count: count, began: began, ended: began, audio: audio, index: indexSize}
	f, err := s.sys.open(r.indexPath())
	if errors.Is(err, fs.ErrNotExist) || err == nil && indexSize == 0 {
		if err == nil {
			f.Close()
		}
		return r, 0, nil // the program ended before there was a line
	}
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	h, e, err := readEnds(f, indexSize)
	switch {
	case err != nil:
		return nil, 0, err
	case h == nil:
		return r, 0, nil
	case h.Version > version:
		return nil, 0, fmt.Errorf("a later relay has written it (version %d)", h.Version)
	case h.Version != version || h.Mount != s.mount:
		return nil, 0, errNotOurs
	}
	if e != nil && e.Audio <= audio && e.Segments > 0 {
		r.began, r.first, r.last, r.ended = ofMilli(h.Began), h.Number, e.Number, ofMilli(e.Ended)
		r.segments, r.length = e.Segments, time.Duration(e.Length)
		return r, 0, nil
	}
	x, err := readIndex(f, indexSize)
	if err != nil {
		return nil, 0, err
	}
	whole, err := s.wholeSegments(r.audioPath(), audio, x.segments)
	for i := range whole {
		r.take(&x.segments[i])
	}
	return r, x.damaged, err
}

// readEnds reads the first and the last line of an index; nil: there is no whole one.
func readEnds(f input, size int64) (*head, *end, error) {
	b := make([]byte, min(size, maxHead))
	if _, err := f.ReadAt(b, 0); err != nil && err != io.EOF {
		return nil, nil, err
	}
	first, _, whole := bytes.Cut(b, []byte("\n"))
	if !whole {
		if len(b) == maxHead {
			return nil, nil, errNotOurs
		}
		return nil, nil, nil
	}
	l, ok := parseLine(first)
	if !ok || l.Head == nil {
		return nil, nil, errNotOurs
	}
	if _, err := f.ReadAt(b, size-int64(len(b))); err != nil && err != io.EOF {
		return nil, nil, err
	}
	b, whole = bytes.CutSuffix(b, []byte("\n"))
	if !whole {
		return l.Head, nil, nil
	}
	tail, _ := parseLine(b[bytes.LastIndexByte(b, '\n')+1:])
	return l.Head, tail.End, nil
}

// readIndex reads a whole index.
func readIndex(f input, size int64) (index, error) {
	text := make([]byte, min(size, maxIndexFile))
	if n, err := f.ReadAt(text, 0); err != nil && err != io.EOF {
		return index{}, err
	} else {
		text = text[:n]
	}
	return parseIndex(text), nil
}

// wholeSegments returns how many segments have their audio.
func (s *Store) wholeSegments(path string, size int64, list []stored) (n int, err error) {
	if len(list) == 0 {
		return 0, nil
	}
	f, err := s.sys.open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var b []byte
	for i := range list {
		one := &list[i]
		if one.at+int64(one.size) > size {
			return i, nil
		}
		b = append(b[:0], make([]byte, one.size)...)
		if _, err := f.ReadAt(b, one.at); err != nil && err != io.EOF {
			return i, err
		}
		if checksum(b) != one.sum {
			return i, nil
		}
	}
	return len(list), nil
}
