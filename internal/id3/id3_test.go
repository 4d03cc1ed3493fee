package id3_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"

	"relay/icy"
	"relay/internal/id3"
)

// frame returns a frame of version 2.3 or, with sizes of seven bits per byte, 2.4.
func frame(version byte, name, data string) string { return flagged(version, name, 0, data) }

func flagged(version byte, name string, flags byte, data string) string {
	return name + size(version, len(data)) + string([]byte{0, flags}) + data
}

func size(version byte, n int) string {
	if version == 4 {
		return string([]byte{byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)})
	}
	return string(binary.BigEndian.AppendUint32(nil, uint32(n)))
}

// small returns a frame of version 2.2.
func small(name, data string) string {
	n := len(data)
	return name + string([]byte{byte(n >> 16), byte(n >> 8), byte(n)}) + data
}

func tagged(version, flags byte, body ...string) string {
	all := strings.Join(body, "")
	return "ID3" + string([]byte{version, 0, flags}) + size(4, len(all)) + all
}

func unsynchronised(s string) string { return strings.ReplaceAll(s, "\xff", "\xff\x00") }

func deflated(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func little(s string) string {
	var b []byte
	for _, c := range s {
		b = append(b, byte(c), byte(c>>8))
	}
	return string(b)
}

func big(s string) string {
	var b []byte
	for _, c := range s {
		b = append(b, byte(c>>8), byte(c))
	}
	return string(b)
}

func v1(title, artist string) string {
	pad := func(s string) string { return s + strings.Repeat("\x00", 30-len(s)) }
	return "TAG" + pad(title) + pad(artist) + strings.Repeat("\x00", 65)
}

func TestRead(t *testing.T) {
	picture := "\x00image/jpeg\x00\x03\x00" + strings.Repeat("\xff\xd8pixels\x00", 30_000)
	for _, tt := range []struct{ name, charset, file, title, artist string }{
		{"2.2", "", tagged(2, 0, small("TT2", "\x00Song"), small("TP1", "\x00Band")), "Song", "Band"},
		{"2.3", "", tagged(3, 0, frame(3, "TIT2", "\x00Song"), frame(3, "TPE1", "\x00Band")), "Song", "Band"},
		{"2.4", "", tagged(4, 0, frame(4, "TIT2", "\x03Söng"), frame(4, "TPE1", "\x03Band")), "Söng", "Band"},
		{"a list", "", tagged(4, 0, frame(4, "TIT2", "\x03Song"), frame(4, "TPE1", "\x03One\x00Two")), "Song", "One, Two"},
		{"a list of three, with an end", "", tagged(4, 0, frame(4, "TIT2", "\x03Song\x00"), frame(4, "TPE1", "\x00One\x00Two\x00Three\x00\x00")), "Song", "One, Two, Three"},
		{"a list in UTF-16, a mark for each", "", tagged(4, 0, frame(4, "TIT2", "\x01\xff\xfe"+little("Söng")), frame(4, "TPE1", "\x01\xff\xfe"+little("One\x00")+"\xff\xfe"+little("Twö"))), "Söng", "One, Twö"},
		{"a list in UTF-16, one mark", "", tagged(4, 0, frame(4, "TPE1", "\x01\xfe\xff"+big("One\x00Twö")), frame(4, "TIT2", "\x02"+big("Söng"))), "Söng", "One, Twö"},
		{"a list in 2.3", "", tagged(3, 0, frame(3, "TIT2", "\x00Song"), frame(3, "TPE1", "\x00One\x00Two")), "Song", "One, Two"},
		{"UTF-16 without a mark", "", tagged(3, 0, frame(3, "TIT2", "\x01"+little("Söng"))), "Söng", ""},
		{"UTF-16 that calls itself Latin-1", "", tagged(3, 0, frame(3, "TIT2", "\x00\xff\xfe"+little("Söng"))), "Söng", ""},
		{"big UTF-16 with a mark all the same", "", tagged(4, 0, frame(4, "TIT2", "\x02\xfe\xff"+big("Söng"))), "Söng", ""},
		{"UTF-8 with a mark", "", tagged(4, 0, frame(4, "TIT2", "\x03\xef\xbb\xbfSöng"), frame(4, "TPE1", "\x03One\x00\xef\xbb\xbfTwo")), "Söng", "One, Two"},
		{"UTF-8 that calls itself Latin-1", "", tagged(3, 0, frame(3, "TIT2", "\x00Söng")), "Söng", ""},
		{"Latin-1", "", tagged(3, 0, frame(3, "TIT2", "\x00S\xf6ng")), "Söng", ""},
		{"Windows-1252 that calls itself Latin-1", "", tagged(3, 0, frame(3, "TIT2", "\x00\x93S\xf6ng\x94 \x96 It\x92s \x80")), "“Söng” – It’s €", ""},
		{"Windows-1252 that calls itself UTF-8", "", tagged(4, 0, frame(4, "TIT2", "\x03S\xf6ng")), "Söng", ""},
		{"the charset of the mount", "windows-1251", tagged(3, 0, frame(3, "TIT2", "\x00\xcf\xe5\xf1\xed\xff"), frame(3, "TPE1", "\x01\xff\xfe"+little("Хор"))), "Песня", "Хор"},
		{"the charset of the mount in 2.2", "cp949", tagged(2, 0, small("TT2", "\x00\xb6\xf3\xb5\xf0\xbf\xc0")), "라디오", ""},
		{"no encoding at all", "", tagged(3, 0, frame(3, "TIT2", "Song")), "Song", ""},
		{"blanks and line ends", "", tagged(3, 0, frame(3, "TIT2", "\x00 Song\r\n ")), "Song", ""},
		{"behind a picture", "", tagged(3, 0, frame(3, "APIC", picture), frame(3, "TIT2", "\x00Song")), "Song", ""},
		{"behind a picture in 2.4", "", tagged(4, 0, frame(4, "APIC", picture), frame(4, "TIT2", "\x00Song")), "Song", ""},
		{"2.4 with sizes of 2.3", "", tagged(4, 0, frame(3, "APIC", picture), frame(3, "TPE1", "\x00"+strings.Repeat("Band", 50)), frame(3, "TIT2", "\x00Song")), "Song", strings.Repeat("Band", 50)},
		{"unsynchronised", "", tagged(3, 0x80, unsynchronised(frame(3, "APIC", picture)+frame(3, "TIT2", "\x01\xff\xfe"+little("Söng ÿ")))), "Söng ÿ", ""},
		{"unsynchronised 2.2", "", tagged(2, 0x80, unsynchronised(small("TT2", "\x00\xff\xe0"))), "ÿà", ""},
		{"unsynchronised frame of 2.4", "", tagged(4, 0, flagged(4, "TIT2", 0x03, "\x00\x00\x00\x03"+unsynchronised("\x00\xff\xe0"))), "ÿà", ""},
		{"unsynchronised 2.4", "", tagged(4, 0x80, frame(4, "APIC", unsynchronised(picture)), frame(4, "TIT2", unsynchronised("\x00\xff\xe0"))), "ÿà", ""},
		{"compressed", "", tagged(3, 0, flagged(3, "TIT2", 0x80, "\x00\x00\x00\x05"+deflated("\x00Song"))), "Song", ""},
		{"compressed in 2.4, in a group", "", tagged(4, 0, flagged(4, "TIT2", 0x49, "\x01\x00\x00\x00\x05"+deflated("\x00Song"))), "Song", ""},
		{"encrypted", "", tagged(3, 0, flagged(3, "TIT2", 0x40, "\x01????"), frame(3, "TPE1", "\x00Band")), "", "Band"},
		{"extended head", "", tagged(3, 0x40, "\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00", frame(3, "TIT2", "\x00Song")), "Song", ""},
		{"extended head of 2.4", "", tagged(4, 0x40, "\x00\x00\x00\x06\x01\x00", frame(4, "TIT2", "\x00Song")), "Song", ""},
		{"padding", "", tagged(3, 0, frame(3, "TIT2", "\x00Song"), strings.Repeat("\x00", 500)), "Song", ""},
		{"the first of two", "", tagged(3, 0, frame(3, "TIT2", "\x00Song"), frame(3, "TIT2", "\x00Other")), "Song", ""},
		{"an empty title before one", "", tagged(3, 0, frame(3, "TIT2", "\x00"), frame(3, "TIT2", "\x00Song")), "Song", ""},
		{"a text without end", "", tagged(3, 0, frame(3, "TIT2", "\x00"+strings.Repeat("S", 1<<20)), frame(3, "TPE1", "\x00Band")), strings.Repeat("S", 16<<10-1), "Band"},
		{"ID3v1", "", "audio" + v1("S\xf6ng", "Band"), "Söng", "Band"},
		{"ID3v1 with blanks, and bytes behind the end", "", "audio" + v1("Song    ", "Band\x00junk"), "Song", "Band"},
		{"ID3v1 by the charset of the mount", "cp1251", "audio" + v1("\xcf\xe5\xf1\xed\xff", "\xd5\xee\xf0"), "Песня", "Хор"},
		{"ID3v2 without a title", "", tagged(3, 0, frame(3, "TALB", "\x00Album")) + v1("Song", "Band"), "Song", "Band"},
		{"cut off", "", tagged(3, 0, frame(3, "TIT2", "\x00Song"))[:15], "", ""},
		{"cut off in the head", "", "ID3\x03", "", ""},
		{"a size that is none", "", "ID3\x03\x00\x00\xff\xff\xff\xff" + frame(3, "TIT2", "\x00Song"), "", ""},
		{"an unknown version", "", tagged(5, 0, frame(4, "TIT2", "\x00Song")), "", ""},
		{"2.2, compressed", "", tagged(2, 0x40, small("TT2", "\x00Song")), "", ""},
		{"nothing", "", "", "", ""},
	} {
		title, artist := id3.Read(strings.NewReader(tt.file), int64(len(tt.file)), func(raw string) string { return icy.Text(raw, "", tt.charset) })
		if title != tt.title || artist != tt.artist {
			t.Errorf("%s: title %q, artist %q; want %q, %q", tt.name, title, artist, tt.title, tt.artist)
		}
	}
}

// Reading stops early in a tag with endless frames or an implausible size.
func TestHugeTags(t *testing.T) {
	empty := strings.Repeat(frame(3, "XXXX", ""), 100_000)
	for name, file := range map[string]string{
		"frames without end":   tagged(3, 0, empty, frame(3, "TIT2", "\x00Song")),
		"a frame of 4 GiB":     tagged(3, 0, "APIC\xff\xff\xff\xff\x00\x00"),
		"the same, filtered":   tagged(3, 0x80, "APIC\xff\xff\xff\xff\x00\x00"),
		"a bomb":               tagged(3, 0, flagged(3, "TIT2", 0x80, "\x7f\xff\xff\xff"+deflated("\x01"+strings.Repeat("\x00", 1<<20)))),
		"an extended head too": tagged(4, 0x40, "\x7f\x7f\x7f\x7f"),
	} {
		r := &counted{r: strings.NewReader(file)}
		if title, _ := id3.Read(r, int64(len(file)), func(raw string) string { return raw }); title != "" {
			t.Errorf("%s: title of %d bytes", name, len(title))
		}
		if r.reads > 2000 || r.bytes > 64<<10 {
			t.Errorf("%s: %d reads of %d bytes", name, r.reads, r.bytes)
		}
	}
}

type counted struct {
	r            *strings.Reader
	reads, bytes int
}

func (c *counted) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.r.ReadAt(b, at)
	c.reads++
	c.bytes += n
	return n, err
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(tagged(3, 0x80, unsynchronised(frame(3, "TIT2", "\x01\xff\xfe"+little("Söng"))))))
	f.Add([]byte(tagged(4, 0x40, "\x00\x00\x00\x06\x01\x00", flagged(4, "TPE1", 0x49, "\x01\x00\x00\x00\x05"+deflated("\x00Song")))))
	f.Add([]byte(tagged(4, 0, frame(3, "TIT2", "\x00"+strings.Repeat("x", 200)), frame(3, "TPE1", "\x00Band"))))
	f.Add([]byte(tagged(2, 0, small("TT2", "\x00Song")) + v1("Song", "Band")))
	f.Fuzz(func(t *testing.T, file []byte) {
		title, artist := id3.Read(bytes.NewReader(file), int64(len(file)), func(raw string) string { return icy.Text(raw, "", "") })
		for _, text := range []string{title, artist} {
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\n\x00") || len(text) > 1<<20 {
				t.Errorf("%q", text)
			}
		}
	})
}

// A tag may contain an enormous picture: the title is found before it and, if the
// picture can be skipped without reading, after it.
func TestTagsWithHugePictures(t *testing.T) {
	picture := strings.Repeat("\xff\xe0picture", 2<<20) // 18 MiB
	text := frame(3, "TIT2", "\x00Song")
	for name, c := range map[string]struct {
		file, title string
		cut         bool
	}{
		"2.3, behind":                     {file: tagged(3, 0, frame(3, "APIC", picture), text), title: "Song"},
		"2.3, before":                     {file: tagged(3, 0, text, frame(3, "APIC", picture)), title: "Song"},
		"2.4, behind":                     {file: tagged(4, 0, frame(4, "APIC", picture), frame(4, "TIT2", "\x00Song")), title: "Song"},
		"2.4, unsynchronised, behind":     {file: tagged(4, 0x80, flagged(4, "APIC", 2, unsynchronised(picture)), frame(4, "TIT2", "\x00Song")), title: "Song"},
		"2.3, unsynchronised, before":     {file: tagged(3, 0x80, unsynchronised(text+frame(3, "APIC", picture))), title: "Song", cut: true},
		"2.3, unsynchronised, behind":     {file: tagged(3, 0x80, unsynchronised(frame(3, "APIC", picture)+text)), cut: true},
		"2.2, unsynchronised, behind two": {file: tagged(2, 0x80, unsynchronised(small("PIC", picture[:10<<20])+small("PIC", picture[:10<<20])+small("TT2", "\x00Song"))), cut: true},
		"the same with a tag at the end":  {file: tagged(3, 0x80, unsynchronised(frame(3, "APIC", picture)+text)) + v1("Song", "Band"), title: "Song", cut: true},
		"unsynchronised and short":        {file: tagged(3, 0x80, unsynchronised(text)), title: "Song"},
		"no tag":                          {file: "audio"},
	} {
		r := strings.NewReader(c.file)
		title, _ := id3.Read(r, int64(len(c.file)), func(raw string) string { return raw })
		if title != c.title || id3.IsCut(r) != c.cut {
			t.Errorf("%s: title %q, cut: %v", name, title, id3.IsCut(r))
		}
	}
}
