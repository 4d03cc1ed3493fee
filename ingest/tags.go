package ingest

import (
	"os"
	"strings"
	"unicode"

	"relay/icy"
	"relay/internal/id3"
)

// titleInTags returns "Artist - Title" from a file's tags, or "" where there is no
// title. charset is that of the mount.
func titleInTags(file *os.File, charset string) string {
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	title, artist := id3.Read(file, info.Size(), func(raw string) string { return tidy(raw, charset) })
	if title != "" && artist != "" {
		return artist + " - " + title
	}
	return title
}

// tidy makes one line of UTF-8 of a title or name, see icy.Text.
func tidy(raw, charset string) string {
	return strings.Join(strings.FieldsFunc(icy.Text(raw, "", charset), unicode.IsSpace), " ")
}
