package autodj

import (
	"fmt"
	"os"
	"strings"
	"unicode"

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

// titleOf returns the title of a track, and an error that says why the title in its
// tags is not known.
func titleOf(track Track, charset string) (mounts.Title, error) {
	switch path := track.(type) {
	case FileTrack:
		return path.titled(charset)
	case ListedTrack:
		return path.titled(charset)
	case JingleTrack:
		return FileTrack(path).tagged(charset)
	}
	return track.Title(charset), nil
}

// coverOf returns the picture in the tags of a track's file, or nil.
func coverOf(track Track) *mounts.Cover {
	var path FileTrack
	switch track := track.(type) {
	case FileTrack:
		path = track
	case ListedTrack:
		path = track.FileTrack
	case JingleTrack:
		path = FileTrack(track)
	default:
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
