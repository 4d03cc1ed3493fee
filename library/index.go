package library

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
)

// index is a list of paths in a file that has no name any more: it goes with
// the program.
type index struct {
	file *os.File // the paths, one behind the other, then where each begins
	n    int
	ends int64  // where the list of beginnings begins
	sum  uint64 // of all paths, to see whether anything has changed
}

// indexWriter makes an index.
type indexWriter struct {
	file   *os.File
	paths  *bufio.Writer
	begins *os.File // of each path, 8 bytes
	marks  *bufio.Writer
	n      int
	at     int64
	sum    interface {
		Write([]byte) (int, error)
		Sum64() uint64
	}
}

func newIndexWriter() (*indexWriter, error) {
	file, err := unnamedFile()
	if err != nil {
		return nil, err
	}
	begins, err := unnamedFile()
	if err != nil {
		file.Close()
		return nil, err
	}
	return &indexWriter{
		file: file, paths: bufio.NewWriter(file),
		begins: begins, marks: bufio.NewWriter(begins),
		sum: fnv.New64a(),
	}, nil
}

func unnamedFile() (*os.File, error) {
	file, err := os.CreateTemp("", "relay-library-*")
	if err != nil {
		return nil, fmt.Errorf("list the music: %w", err)
	}
	return file, os.Remove(file.Name())
}

// add appends a path. What goes wrong is told by finish.
func (w *indexWriter) add(path string) {
	var mark [8]byte
	binary.LittleEndian.PutUint64(mark[:], uint64(w.at))
	w.marks.Write(mark[:])
	w.paths.WriteString(path)
	w.sum.Write([]byte(path))
	w.sum.Write([]byte{0})
	w.at += int64(len(path))
	w.n++
}

// finish returns the index, or what went wrong. The writer is used up.
func (w *indexWriter) finish() (*index, error) {
	defer w.begins.Close()
	x := &index{file: w.file, n: w.n, ends: w.at, sum: w.sum.Sum64()}
	err := errors.Join(w.marks.Flush(), w.paths.Flush())
	if err == nil {
		_, err = w.begins.Seek(0, 0)
	}
	if err == nil {
		_, err = x.file.ReadFrom(w.begins)
	}
	if err != nil {
		x.file.Close()
		return nil, fmt.Errorf("list the music: %w", err)
	}
	return x, nil
}

// path returns the path of a number from 0, or "" when it cannot be read.
func (x *index) path(i int) string {
	var marks [16]byte
	want := marks[:]
	if i == x.n-1 {
		want = marks[:8]
	}
	if _, err := x.file.ReadAt(want, x.ends+int64(i)*8); err != nil {
		return ""
	}
	begin, end := int64(binary.LittleEndian.Uint64(marks[:])), x.ends
	if i < x.n-1 {
		end = int64(binary.LittleEndian.Uint64(marks[8:]))
	}
	path := make([]byte, end-begin)
	if _, err := x.file.ReadAt(path, begin); err != nil {
		return ""
	}
	return string(path)
}

func (x *index) close() { x.file.Close() }
