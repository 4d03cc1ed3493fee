package ingest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"relay/mounts"
)

// Track is one piece of music.
type Track interface {
	Open() (io.ReadCloser, error)
	// Title is zero for a track that goes under the title before it. charset is that
	// of the mount.
	Title(charset string) mounts.Title
	String() string // for the log
}

// MemoryTrack is a track that is already in memory.
type MemoryTrack struct {
	Name mounts.Title
	MP3  []byte
}

func (t MemoryTrack) Open() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(t.MP3)), nil }
func (t MemoryTrack) Title(string) mounts.Title    { return t.Name }
func (t MemoryTrack) String() string               { return t.Name.Text }

// FileTrack is the path of an MP3 file.
type FileTrack string

func (t FileTrack) String() string { return string(t) }

// Open opens the file, if it is a plain one.
func (t FileTrack) Open() (io.ReadCloser, error) { return t.open() }

// open looks before it opens, because opening alone makes some devices do
// something, and a pipe would be waited for if it came in between.
func (t FileTrack) open() (*os.File, error) {
	info, err := os.Stat(string(t))
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a plain file")
	}
	return os.OpenFile(string(t), os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// Title returns artist and title from the file's ID3 tags, or the file's name
// where there are none.
func (t FileTrack) Title(charset string) mounts.Title {
	if title := t.tagged(charset); title != (mounts.Title{}) {
		return title
	}
	return mounts.Title{Text: tidy(strings.TrimSuffix(filepath.Base(string(t)), filepath.Ext(string(t))), charset)}
}

// tagged returns the title in the file's tags, or a zero one.
func (t FileTrack) tagged(charset string) mounts.Title {
	file, err := t.open()
	if err != nil {
		return mounts.Title{}
	}
	defer file.Close()
	return mounts.Title{Text: titleInTags(file, charset)}
}

// JingleTrack is the path of a jingle: without a tag of its own it goes under
// the title of the track before it.
type JingleTrack string

func (t JingleTrack) Open() (io.ReadCloser, error) { return FileTrack(t).Open() }
func (t JingleTrack) String() string               { return string(t) }

func (t JingleTrack) Title(charset string) mounts.Title { return FileTrack(t).tagged(charset) }
