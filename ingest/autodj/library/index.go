package library

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io"
	"iter"
)

// index is a list of paths of any length, kept outside memory.
type index struct {
	paths *spool // the paths, without separators
	ends  *spool // the end of each path in paths, 8 bytes each
	n     int
	size  int64  // of all paths together, in bytes
	sum   uint64 // hash of all paths, to detect changes
}

// indexWriter writes an index. finish returns errors of writing.
type indexWriter struct {
	index
	pathsOut, endsOut *bufio.Writer
	hash              interface {
		io.Writer
		Sum64() uint64
	}
}

func newIndexWriter(onDisk bool) (*indexWriter, error) {
	paths, err := newSpool(onDisk)
	if err != nil {
		return nil, err
	}
	ends, err := newSpool(onDisk)
	if err != nil {
		paths.Close()
		return nil, err
	}
	return &indexWriter{
		index:    index{paths: paths, ends: ends},
		pathsOut: bufio.NewWriter(paths), endsOut: bufio.NewWriter(ends),
		hash: fnv.New64a(),
	}, nil
}

func (w *indexWriter) add(path string) {
	w.n++
	w.size += int64(len(path))
	var end [8]byte
	binary.LittleEndian.PutUint64(end[:], uint64(w.size))
	w.endsOut.Write(end[:])
	w.pathsOut.WriteString(path)
	w.hash.Write([]byte(path))
	w.hash.Write([]byte{0})
}

// finish returns the index or the first error. The writer must not be used again.
func (w *indexWriter) finish() (*index, error) {
	if err := errors.Join(w.pathsOut.Flush(), w.endsOut.Flush()); err != nil {
		w.close()
		return nil, err
	}
	x := w.index
	x.sum = w.hash.Sum64()
	return &x, nil
}

// path returns the path with a number from 0, or "" if it cannot be read.
func (x *index) path(i int) string {
	var ends [16]byte
	var err error
	if i == 0 {
		_, err = x.ends.ReadAt(ends[8:], 0)
	} else {
		_, err = x.ends.ReadAt(ends[:], int64(i-1)*8)
	}
	if err != nil {
		return ""
	}
	begin, end := binary.LittleEndian.Uint64(ends[:8]), binary.LittleEndian.Uint64(ends[8:])
	path := make([]byte, end-begin)
	if _, err := x.paths.ReadAt(path, int64(begin)); err != nil {
		return ""
	}
	return string(path)
}

// all yields the list, up to the first path that cannot be read. A path is valid
// until the next one.
func (x *index) all() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		ends := bufio.NewReader(io.NewSectionReader(x.ends, 0, int64(x.n)*8))
		paths := bufio.NewReader(io.NewSectionReader(x.paths, 0, x.size))
		var path []byte
		var end [8]byte
		begin := uint64(0)
		for i := range x.n {
			if _, err := io.ReadFull(ends, end[:]); err != nil {
				return
			}
			to := binary.LittleEndian.Uint64(end[:])
			path = append(path[:0], make([]byte, to-begin)...)
			if _, err := io.ReadFull(paths, path); err != nil || !yield(i, path) {
				return
			}
			begin = to
		}
	}
}

func (x *index) close() {
	x.paths.Close()
	x.ends.Close()
}
