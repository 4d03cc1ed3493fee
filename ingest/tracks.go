package ingest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/dhowden/tag"

	"relay/mounts"
)

// MemoryTrack is a track that is already in memory.
type MemoryTrack struct {
	Name mounts.Title
	MP3  []byte
}

func (t MemoryTrack) Open() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(t.MP3)), nil }
func (t MemoryTrack) Title() mounts.Title          { return t.Name }
func (t MemoryTrack) String() string               { return t.Name.Text }

// FileTrack is the path of an MP3 file.
type FileTrack string

func (t FileTrack) String() string { return string(t) }

// Open opens the file, if it is one: a pipe or device might never answer.
func (t FileTrack) Open() (io.ReadCloser, error) {
	info, err := os.Stat(string(t))
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	return os.Open(string(t))
}

// Title returns artist and title from the file's ID3 tag, or the file's name
// where there is none.
func (t FileTrack) Title() mounts.Title {
	if title := t.tagged(); title != (mounts.Title{}) {
		return title
	}
	return mounts.Title{Text: strings.TrimSuffix(filepath.Base(string(t)), filepath.Ext(string(t)))}
}

// tagged returns the title in the file's tag, or a zero one.
func (t FileTrack) tagged() mounts.Title {
	file, err := t.Open()
	if err != nil {
		return mounts.Title{}
	}
	defer file.Close()
	seeker, ok := file.(io.ReadSeeker)
	if !ok {
		return mounts.Title{}
	}
	tags, err := tag.ReadFrom(seeker)
	if err != nil || strings.TrimSpace(tags.Title()) == "" {
		return mounts.Title{}
	}
	title := strings.TrimSpace(tags.Title())
	if artist := strings.TrimSpace(tags.Artist()); artist != "" {
		title = artist + " - " + title
	}
	return mounts.Title{Text: title}
}

// JingleTrack is the path of a jingle: without a tag of its own it goes under
// the title of the track before it.
type JingleTrack string

func (t JingleTrack) Open() (io.ReadCloser, error) { return FileTrack(t).Open() }
func (t JingleTrack) Title() mounts.Title          { return FileTrack(t).tagged() }
func (t JingleTrack) String() string               { return string(t) }
