package id3_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"relay/internal/id3"
)

// What is written is read again, and byte for byte what the standard has.
func TestAppend(t *testing.T) {
	for _, tt := range []struct{ title, artist string }{{"Title", "Artist"}, {"", "x"}, {"😀 é", "ä"}, {strings.Repeat("long ", 50), "y"}} {
		tag := id3.Append([]byte("before"), id3.Private("owner", []byte{1, 0xff, 0xe0}), id3.Text("TIT2", tt.title), id3.Text("TPE1", tt.artist))
		want := "before" + tagged(4, 0, frame(4, "PRIV", "owner\x00\x01\xff\xe0"), frame(4, "TIT2", "\x03"+tt.title), frame(4, "TPE1", "\x03"+tt.artist))
		if string(tag) != want {
			t.Errorf("wrote %q, want %q", tag, want)
		}
		tag = tag[len("before"):]
		title, artist := id3.Read(bytes.NewReader(tag), int64(len(tag)), func(s string) string { return s })
		if title != strings.TrimSpace(tt.title) || artist != tt.artist {
			t.Errorf("read %.20q, %q", title, artist)
		}
	}
	if got := string(id3.Append(nil)); got != "ID3\x04\x00\x00\x00\x00\x00\x00" {
		t.Errorf("an empty tag is %q", got)
	}
}

// A tag of a size has that size, whatever its texts are.
func TestAppendSized(t *testing.T) {
	const size = 128
	for _, text := range []string{"", "a", strings.Repeat("x", 50), strings.Repeat("x", 1000), strings.Repeat("é", 500), strings.Repeat("漢", 39), strings.Repeat("漢", 40)} {
		tag := id3.AppendSized([]byte("before"), size, id3.Private("owner", []byte{1, 2}), id3.Text("TIT2", text), id3.Text("TPE1", "B"))[len("before"):]
		if len(tag) != size {
			t.Errorf("%d bytes with a text of %d", len(tag), len(text))
		}
		audio := append(bytes.Clone(tag), 0xff, 0xfb)
		title, artist := id3.Read(bytes.NewReader(audio), int64(len(audio)), func(s string) string { return s })
		if !strings.HasPrefix(text, title) || !utf8.ValidString(title) || len(text) <= 50 && (title != text || artist != "B") || len(text) > 100 && len(title) < 80 {
			t.Errorf("%q has become %q by %q", text, title, artist)
		}
	}
}
