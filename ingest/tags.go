package ingest

import (
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dhowden/tag"
	"golang.org/x/text/encoding/charmap"
)

// largestTag bounds the ID3v2 tags that are looked into, in bytes: pictures are
// in them too, and all is read into memory.
const largestTag = 16 << 20

// titleInTags returns "Artist - Title" from a file's ID3v2 tag or, where that
// has no title, from its ID3v1 tag; "" where there is none.
func titleInTags(file *os.File) string {
	if begin := (io.NewSectionReader(file, 0, largestTag)); id3v2Size(begin) <= largestTag {
		if title := titleOf(tag.ReadID3v2Tags, begin); title != "" {
			return title
		}
	}
	return titleOf(tag.ReadID3v1Tags, file)
}

// id3v2Size returns how long the tag says it is that a file begins with, in
// bytes; 0: there is none.
func id3v2Size(begin io.ReaderAt) int {
	var head [10]byte
	if _, err := begin.ReadAt(head[:], 0); err != nil || string(head[:3]) != "ID3" {
		return 0
	}
	return len(head) + int(head[6]&0x7f)<<21 + int(head[7]&0x7f)<<14 + int(head[8]&0x7f)<<7 + int(head[9]&0x7f)
}

// titleOf reads tags. What is in them is anybody's, and must not end the music
// by a mistake of whoever reads it.
func titleOf(read func(io.ReadSeeker) (tag.Metadata, error), file io.ReadSeeker) (title string) {
	defer func() {
		if recover() != nil {
			title = ""
		}
	}()
	tags, err := read(file)
	if err != nil {
		return ""
	}
	title = tidy(tags.Title())
	if artist := tidy(tags.Artist()); title != "" && artist != "" {
		return artist + " - " + title
	}
	return title
}

// tidy makes one line of UTF-8 of a title; what is none is Latin-1.
func tidy(s string) string {
	if !utf8.ValidString(s) {
		s, _ = charmap.Windows1252.NewDecoder().String(s)
	}
	return strings.Join(strings.FieldsFunc(s, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
}
