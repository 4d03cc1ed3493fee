package known_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"relay/codec/known"
	"relay/codec/mp3/frametest"
)

// tagged puts an ID3 tag of n bytes before rest.
func tagged(n int, rest string) string {
	return "ID3\x04\x00\x00" + string([]byte{byte(n >> 21 & 127), byte(n >> 14 & 127), byte(n >> 7 & 127), byte(n & 127)}) + strings.Repeat("\x00", n) + rest
}

func TestProbe(t *testing.T) {
	header := frametest.Header(128000, 44100, 2)
	var data strings.Builder
	for i := range 20 {
		data.Write(frametest.Numbered(header, uint64(i)))
	}
	adts := strings.Repeat("\xff\xf1\x50\x80\x02\x1f\xfc"+strings.Repeat("\x21", 9), 100)
	layer2 := strings.Repeat("\xff\xfd\x80\x00"+strings.Repeat("\x00", 413), 50)
	for _, tt := range []struct{ name, content, want string }{
		{"MP3", data.String(), ""},
		{"MP3 behind a large tag", tagged(300_000, data.String()), ""},
		{"MP3 behind garbage", strings.Repeat("junk ", 20_000) + data.String(), ""},
		{"nothing", "", "it is empty"},
		{"a tag alone", tagged(100, ""), "it holds no MP3, AAC or Ogg audio"},
		{"zeros", strings.Repeat("\x00", 100_000), "it holds no MP3, AAC or Ogg audio"},
		{"text", strings.Repeat("not music at all ", 200_000), "it holds no MP3, AAC or Ogg audio"},
		{"AAC", adts, ""},
		{"AAC behind a tag", tagged(2000, adts), ""},
		{"Layer II", layer2, "it is MPEG Layer II, and not MP3, AAC (ADTS) or Ogg with Opus, Vorbis or FLAC"},
		{"Layer II behind a large tag", tagged(100_000, layer2), "it is MPEG Layer II, and not MP3, AAC (ADTS) or Ogg with Opus, Vorbis or FLAC"},
		{"Ogg Vorbis", "OggS\x00\x02" + strings.Repeat("\x00", 22) + "\x01vorbis" + strings.Repeat("x", 100), "it begins as Ogg Vorbis, but no audio follows"},
		{"FLAC", "fLaC" + strings.Repeat("x", 100), "it is FLAC, and"},
		{"m4a", "\x00\x00\x00\x20ftypM4A " + strings.Repeat("x", 100), "it is MP4 (AAC or ALAC), and"},
		{"a playlist", "#EXTM3U\na.mp3\n", "it is a playlist, and"},
	} {
		for _, r := range []io.Reader{strings.NewReader(tt.content), iotest.DataErrReader(strings.NewReader(tt.content)), iotest.HalfReader(strings.NewReader(tt.content))} {
			_, err := known.Probe(r)
			var none *known.NoAudioError
			if (err == nil) != (tt.want == "") || err != nil && (!strings.HasPrefix(err.Error(), tt.want) || !errors.As(err, &none)) {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	}
	broken := errors.New("the disk is broken")
	if _, err := known.Probe(io.MultiReader(bytes.NewReader(make([]byte, 1000)), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
