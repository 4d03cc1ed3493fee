package ingest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
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

func (t FileTrack) Open() (io.ReadCloser, error) { return os.Open(string(t)) }
func (t FileTrack) String() string               { return string(t) }

// Title returns artist and title from the file's ID3 tag, or the file's name
// where there is none.
func (t FileTrack) Title() mounts.Title {
	name := strings.TrimSuffix(filepath.Base(string(t)), filepath.Ext(string(t)))
	file, err := os.Open(string(t))
	if err != nil {
		return mounts.Title{Text: name}
	}
	defer file.Close()
	tags, err := tag.ReadFrom(file)
	if err != nil || strings.TrimSpace(tags.Title()) == "" {
		return mounts.Title{Text: name}
	}
	title := strings.TrimSpace(tags.Title())
	if artist := strings.TrimSpace(tags.Artist()); artist != "" {
		title = artist + " - " + title
	}
	return mounts.Title{Text: title}
}

// FindTracks returns the MP3 files among paths: files as they are named,
// folders with all that is below them in the order of their names. Errors name
// the paths that could not be read; the tracks that were found come all the
// same.
func FindTracks(paths []string) ([]Track, error) {
	var tracks []Track
	var errs []error
	for _, path := range paths {
		err := filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				errs = append(errs, err)
			case entry.IsDir():
			case name == path || strings.EqualFold(filepath.Ext(name), ".mp3"):
				tracks = append(tracks, FileTrack(name))
			}
			return nil
		})
		if err != nil {
			errs = append(errs, err)
		}
	}
	return tracks, errors.Join(errs...)
}
