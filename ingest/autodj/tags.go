package autodj

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"relay/codec"
	"relay/codec/known"
	"relay/icy"
	"relay/internal/id3"
	"relay/mounts"
)

// errTagTooLong means that there may be a title beyond the part of the tag that is
// read.
var errTagTooLong = fmt.Errorf("its ID3 tag has no title in the first %d MiB, and no more is read of one with unsynchronisation: save its tags again as ID3v2.4", id3.MaxFiltered>>20)

// titleInTags returns "Artist - Title" from a file's tags, or "" if they have no
// title. charset is that of the mount. The error is errTagTooLong or that of the
// disk.
func titleInTags(file *os.File, charset string) (string, error) {
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	title, artist := id3.Read(file, info.Size(), func(raw string) string { return tidy(raw, charset) })
	switch {
	case title == "" && id3.IsCut(file):
		return "", errTagTooLong
	case title != "" && artist != "":
		return artist + " - " + title, nil
	}
	return title, nil
}

// titleInHeaders returns "Artist - Title" from the headers of an Ogg file, or "".
func titleInHeaders(file *os.File) string {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return ""
	}
	return known.Tags(file).Text()
}

// titleOf returns the title of a track, and an error that says why the title in its
// tags is not known. tags returns those of files of which only an encoder knows them.
func titleOf(track Track, charset string, tags func(FileTrack) codec.Tags) (mounts.Title, error) {
	path, ok := fileOf(track)
	if !ok {
		return track.Title(charset), nil
	}
	title, err := path.tagged(charset)
	if title == (mounts.Title{}) && err == nil && !hasOwnTags(path) {
		title.Text = tidy(tags(path).Text(), charset)
	}
	if title == (mounts.Title{}) {
		title = track.Title(charset)
	}
	return title, err
}

// hasOwnTags reports whether the tags of a file are those that are read without an encoder.
func hasOwnTags(path FileTrack) bool {
	switch strings.ToLower(filepath.Ext(string(path))) {
	case ".mp3", ".aac", ".ogg", ".oga", ".opus":
		return true
	}
	return false
}

// fileOf returns the file of a track; ok is false if it has none.
func fileOf(track Track) (path FileTrack, ok bool) {
	switch track := track.(type) {
	case FileTrack:
		return track, true
	case ListedTrack:
		return track.FileTrack, true
	case JingleTrack:
		return FileTrack(track), true
	}
	return "", false
}

// coverOf returns the picture in the tags of a track's file, or nil.
func coverOf(track Track) *mounts.Cover {
	path, ok := fileOf(track)
	if !ok {
		return nil
	}
	file, err := path.open()
	if err != nil {
		return nil
	}
	defer file.Close()
	return mounts.NewCover(id3.Picture(file, mounts.MaxCover))
}

// tidy turns a title or name into one line of UTF-8; see icy.Text.
func tidy(raw, charset string) string {
	return strings.Join(strings.FieldsFunc(icy.Text(raw, "", charset), unicode.IsSpace), " ")
}
