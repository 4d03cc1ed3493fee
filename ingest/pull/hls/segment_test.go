package hls

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"relay/codec/known"
	"relay/internal/id3"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func same(text string) string { return text }

// id3Tag returns an ID3 tag of version 2.4 with a title and an artist.
func id3Tag(title, artist string) []byte {
	var frames []byte
	for _, f := range [][2]string{{"TIT2", title}, {"TPE1", artist}} {
		if f[1] != "" {
			frames = append(frames, f[0]+"\x00\x00\x00"+string(rune(len(f[1])+1))+"\x00\x00\x03"+f[1]...)
		}
	}
	return append([]byte{'I', 'D', '3', 4, 0, 0, 0, 0, byte(len(frames) >> 7), byte(len(frames) & 0x7f)}, frames...)
}

// timestamp is the tag with which packed audio begins (RFC 8216 §3.4).
var timestamp = append([]byte("ID3\x04\x00\x00\x00\x00\x00\x3fPRIV\x00\x00\x00\x35\x00\x00com.apple.streaming.transportStreamTimestamp\x00"), 0, 0, 0, 0, 0, 1, 2, 3)

func TestAudioOfSegments(t *testing.T) {
	title := id3Tag("Title", "Artist")
	for name, tt := range map[string]struct {
		segment []byte
		codec   string
		units   int
		titles  string
		err     string
	}{
		"AAC in TS":        {read(t, "aac.ts"), "AAC", 40, "", ""},
		"MP3 in TS":        {read(t, "mp3.ts"), "MP3", 36, "", ""},
		"with a picture":   {read(t, "both.ts"), "AAC", 40, "", ""},
		"a picture only":   {read(t, "video.ts"), "", 0, "", "its segments have H264 Video, and this server plays MP3 and AAC (ADTS)"},
		"AC-3":             {read(t, "ac3.ts"), "", 0, "", "its segments have AC3 Audio, and this server plays"},
		"packed":           {packed, "MP3", 20, "", ""},
		"with a time":      {slices.Concat(timestamp, packed), "MP3", 20, "", ""},
		"with a title":     {slices.Concat(timestamp, title, packed), "MP3", 20, "Artist - Title", ""},
		"fragments":        {[]byte("\x00\x00\x00\x18styp....mp42"), "", 0, "", "fragments of MP4"},
		"nothing":          {nil, "", 0, "", "empty"},
		"TS of nothing":    {bytes.Repeat(append([]byte{tsSync, 0x1f, 0xff, 0x10}, make([]byte, 184)...), 5), "", 0, "", "no table"},
		"torn TS":          {read(t, "aac.ts")[:9000], "AAC", 25, "", ""},
		"a wrong long tag": {[]byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f"), "", 0, "", ""},
	} {
		audio, titles, err := extract(tt.segment, same)
		if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		codec, units, garbage := units(audio)
		if codec != tt.codec || units < tt.units || units > tt.units+10 || tt.units > 0 && garbage > 400 {
			t.Errorf("%s: %d units of %s, %d bytes of garbage", name, units, codec, garbage)
		}
		var texts []string
		for _, m := range titles {
			texts = append(texts, m.text)
		}
		if got := strings.Join(texts, ", "); got != tt.titles {
			t.Errorf("%s: titles %q", name, got)
		}
	}
	if got, artist := id3.Read(bytes.NewReader(title), int64(len(title)), same); got != "Title" || artist != "Artist" {
		t.Errorf("the tag of this test has %q of %q", got, artist)
	}
}

// units returns what is in a stream.
func units(audio []byte) (codec string, n int, garbage int64) {
	f := known.Unlabelled.NewFramer()
	f.Write(audio)
	f.Finish()
	for u, ok := f.Next(); ok; u, ok = f.Next() {
		codec = u.Format.Codec.String()
		n++
	}
	return codec, n, f.Stats().Garbage
}

// A part that does not continue the one before it loses no unit, and says so.
func TestCutBetweenParts(t *testing.T) {
	for _, audio := range [][]byte{packed, mustExtract(t, "aac.ts"), mustExtract(t, "mp3.ts")} {
		p := newPart(segment{}, identity{}, audio, nil, []mark{{at: 7, text: "x"}})
		p.cut()
		_, alone, _ := units(audio)
		f := known.Unlabelled.NewFramer()
		f.Write(audio)
		f.Write(p.audio)
		f.Finish()
		n := 0
		var gaps []int
		for u, ok := f.Next(); ok; u, ok = f.Next() {
			if u.Gap {
				gaps = append(gaps, n)
			}
			n++
		}
		if n != 2*alone || !slices.Equal(gaps, []int{0, alone}) || p.marks[0].at != 7+len(cutBytes) {
			t.Errorf("%d units of %d, gaps before %d, mark %+v", n, 2*alone, gaps, p.marks[0])
		}
	}
}

func mustExtract(t *testing.T, name string) []byte {
	t.Helper()
	audio, _, err := extract(read(t, name), same)
	if err != nil {
		t.Fatal(err)
	}
	return audio
}

// FuzzSegment: no segment has more audio than bytes, and no title lies behind its audio.
func FuzzSegment(f *testing.F) {
	for _, name := range []string{"aac.ts", "mp3.ts", "both.ts", "video.ts", "ac3.ts"} {
		f.Add(read(f, name)[:188*12])
	}
	f.Add(slices.Concat(timestamp, id3Tag("Title", "Artist"), packed[:800]))
	f.Fuzz(func(t *testing.T, b []byte) {
		audio, titles, _ := extract(b, same)
		if len(audio) > len(b) {
			t.Fatalf("%d bytes of audio in %d", len(audio), len(b))
		}
		for _, m := range titles {
			if m.at > len(audio) || m.text == "" {
				t.Fatalf("%+v", m)
			}
		}
	})
}
