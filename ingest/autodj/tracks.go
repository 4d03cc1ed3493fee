package autodj

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
	// Title returns the zero value for a track that keeps the title before it.
	// charset is that of the mount.
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

// FileTrack is the path of a file.
type FileTrack string

func (t FileTrack) String() string { return string(t) }

// Open opens the file, if it is a regular file.
func (t FileTrack) Open() (io.ReadCloser, error) { return t.open() }

// open checks before it opens, because opening alone makes some devices act, and a
// pipe that replaces the file in between would block.
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

// Title returns artist and title from the file's tags, or else the file's name.
func (t FileTrack) Title(charset string) mounts.Title {
	title, _ := t.titled(charset)
	return title
}

// titled is Title with an error that says why the tags were not read.
func (t FileTrack) titled(charset string) (mounts.Title, error) {
	title, err := t.tagged(charset)
	if title == (mounts.Title{}) {
		title.Text = tidy(strings.TrimSuffix(filepath.Base(string(t)), filepath.Ext(string(t))), charset)
	}
	return title, err
}

// tagged returns the title in the file's tags, or the zero value and why they were
// not read.
func (t FileTrack) tagged(charset string) (mounts.Title, error) {
	file, err := t.open()
	if err != nil {
		return mounts.Title{}, err
	}
	defer file.Close()
	text, err := titleInTags(file, charset)
	if text == "" {
		text = tidy(titleInHeaders(file), charset)
	}
	return mounts.Title{Text: text}, err
}

// ListedTrack is a file for which a playlist may have a title. That title is used if
// the file's tags have none.
type ListedTrack struct {
	FileTrack
	Listed func() string // returns that title, as it is written; empty: none
}

func (t ListedTrack) Title(charset string) mounts.Title {
	title, _ := t.titled(charset)
	return title
}

func (t ListedTrack) titled(charset string) (mounts.Title, error) {
	title, err := t.tagged(charset)
	if title == (mounts.Title{}) {
		title.Text = tidy(t.Listed(), charset)
	}
	if title == (mounts.Title{}) {
		return t.FileTrack.titled(charset)
	}
	return title, err
}

// JingleTrack is the path of a jingle: without a tag of its own it keeps the title of
// the track before it.
type JingleTrack string

func (t JingleTrack) Open() (io.ReadCloser, error) { return FileTrack(t).Open() }
func (t JingleTrack) String() string               { return string(t) }

func (t JingleTrack) Title(charset string) mounts.Title {
	title, _ := FileTrack(t).tagged(charset)
	return title
}
