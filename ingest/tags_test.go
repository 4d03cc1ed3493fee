package ingest

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// id3v1 is a tag as it stands at the end of a file.
func id3v1(artist, title string) string {
	pad := func(s string) string { return s + strings.Repeat("\x00", 30-len(s)) }
	return "TAG" + pad(title) + pad(artist) + strings.Repeat("\x00", 65)
}

// id3v2 is a tag of text frames, ID3v2.3 in UTF-8.
func id3v2(frames ...string) string {
	var body bytes.Buffer
	for i := 0; i < len(frames); i += 2 {
		text := "\x03" + frames[i+1]
		body.WriteString(frames[i])
		binary.Write(&body, binary.BigEndian, uint32(len(text)))
		body.WriteString("\x00\x00" + text)
	}
	n := body.Len()
	return "ID3\x03\x00\x00" + string([]byte{byte(n >> 21), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}) + body.String()
}

func TestTagsAndNames(t *testing.T) {
	audio := strings.Repeat("audio", 100)
	for _, c := range []struct{ what, name, content, want string }{
		{"no tag", "An Artist - A Song.mp3", audio, "An Artist - A Song"},
		{"no tag, a name with dots", "01. Song.v2.mp3", audio, "01. Song.v2"},
		{"a name in Latin-1", "Caf\xe9.mp3", audio, "Café"},
		{"a name of two lines", "a\nb.mp3", audio, "a b"},
		{"ID3v2", "x.mp3", id3v2("TIT2", "Song", "TPE1", "Band") + audio, "Band - Song"},
		{"ID3v2 without an artist", "x.mp3", id3v2("TIT2", "Song") + audio, "Song"},
		{"ID3v2 without a title", "x.mp3", id3v2("TPE1", "Band") + audio, "x"},
		{"ID3v2 with control characters", "x.mp3", id3v2("TIT2", "So\r\nng\x00", "TPE1", " Band ") + audio, "Band - So ng"},
		{"ID3v1", "x.mp3", audio + id3v1("Band", "Song"), "Band - Song"},
		{"ID3v1 in Latin-1", "x.mp3", audio + id3v1("Bj\xf6rk", "J\xf3ga"), "Björk - Jóga"},
		{"ID3v2 without a title before ID3v1", "x.mp3", id3v2("TALB", "Album") + audio + id3v1("Band", "Song"), "Band - Song"},
		{"ID3v2 that ends too soon", "x.mp3", id3v2("TIT2", "Song")[:15], "x"},
		{"a huge ID3v2", "x.mp3", "ID3\x03\x00\x00\x7f\x7f\x7f\x7fTIT2\x0f\xff\xff\xff\x00\x00\x03Song" + audio + id3v1("Band", "Song"), "Band - Song"},
		{"nothing", "x.mp3", "", "x"},
		{"a list", "x.mp3", id3v2("TIT2", "Song", "TPE1", "One\x00Two") + audio, "One, Two - Song"},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Skip(err) // a file system that takes no such names
		}
		if got := FileTrack(path).Title("").Text; got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// Names and tags that are not UTF-8 are in the charset of the mount.
func TestTagsInTheCharsetOfTheMount(t *testing.T) {
	for _, c := range []struct{ what, name, content, want string }{
		{"a name", "\xcf\xe5\xf1\xed\xff.mp3", "audio", "Песня"},
		{"a name in UTF-8", "Песня.mp3", "audio", "Песня"},
		{"ID3v1", "x.mp3", "audio" + id3v1("\xd5\xee\xf0", "\xcf\xe5\xf1\xed\xff"), "Хор - Песня"},
		{"ID3v2", "x.mp3", id3v2("TIT2", "\xcf\xe5\xf1\xed\xff", "TPE1", "Хор"), "Хор - Песня"},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Skip(err) // a file system that takes no such names
		}
		if got := FileTrack(path).Title("windows-1251").Text; got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}
