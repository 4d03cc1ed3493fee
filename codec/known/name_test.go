package known_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"relay/codec/known"
)

// row returns n frames, each a header and a body that resembles no format.
func row(n, size int, header ...byte) string {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range n {
		b.Write(header)
		for range size - len(header) {
			b.WriteByte(byte(r.IntN(255))) // never 0xff
		}
	}
	return b.String()
}

func TestName(t *testing.T) {
	adts := row(20, 371, 0xff, 0xf1, 0x50, 0x80, 371>>3, 371&7<<5|0x1f, 0xfc)
	layer2 := row(20, 417, 0xff, 0xfd, 0x80, 0x04)
	free := row(20, 1253, 0xff, 0xfb, 0x00, 0x44)
	ogg := func(codec string) string {
		return "OggS\x00\x02" + strings.Repeat("\x00", 20) + "\x01\x13" + codec + strings.Repeat("x", 100)
	}
	for _, tt := range []struct{ what, stream, want string }{
		{"ADTS", adts, "AAC (ADTS)"},
		{"ADTS from its middle", adts[200:], "AAC (ADTS)"},
		{"ADTS of MPEG-2, with CRC", row(20, 300, 0xff, 0xf8, 0x4c, 0x40, 300>>3, 300&7<<5|0x1f, 0xfc), "AAC (ADTS)"},
		{"LATM", row(20, 203, 0x56, 0xe0, 200), "AAC (LATM)"},
		{"Layer II", layer2, "MPEG Layer II"},
		{"Layer II from its middle", layer2[100:], "MPEG Layer II"},
		{"Layer II of MPEG-2", row(20, 417, 0xff, 0xf5, 0x80, 0x04), "MPEG Layer II"},
		{"Layer I", row(20, 416, 0xff, 0xff, 0xc0, 0x04), "MPEG Layer I"},
		{"free format", free, "MP3 in free format"},
		{"free format from its middle", free[500:], "MP3 in free format"},
		{"Vorbis", ogg("\x01vorbis"), "Ogg Vorbis"},
		{"Opus", ogg("OpusHead"), "Ogg Opus"},
		{"FLAC in Ogg", ogg("\x7fFLAC"), "Ogg FLAC"},
		{"something in Ogg", ogg("????"), "Ogg"},
		{"Ogg from its middle", "half a page" + ogg("") + ogg(""), "Ogg"},
		{"FLAC", "fLaC\x00\x00\x00\x22", "FLAC"},
		{"WAV", "RIFF\x00\x00\x00\x00WAVEfmt ", "WAV"},
		{"M4A", "\x00\x00\x00\x1cftypM4A ", "MP4 (AAC or ALAC)"},
		{"WebM", "\x1a\x45\xdf\xa3\x01", "WebM or Matroska"},
		{"a page", "<!DOCTYPE html><p>", "a web page"},
		{"a playlist", "#EXTM3U\nhttp://radio.example/live\n", "a playlist"},
		{"a transport stream", strings.Repeat("\x47"+strings.Repeat("x", 187), 10), "an MPEG transport stream"},
		{"MP3", row(20, 417, 0xff, 0xfb, 0x90, 0x44), ""},
		{"three frames of AAC", adts[:3*371], ""},
		{"noise", row(1, 16<<10, 0), ""},
		{"silence", strings.Repeat("\x00", 16<<10), ""},
		{"ones", strings.Repeat("\xff", 16<<10), ""},
		{"nothing", "", ""},
		{"a little", "\xff\xfd", ""},
	} {
		if got := known.Name([]byte(tt.stream)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.what, got, tt.want)
		}
	}
}

// No piece of an MP3 stream is mistaken for another format.
func TestMP3HasNoName(t *testing.T) {
	files, err := filepath.Glob("../mp3/testdata/*.mp3")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		stream, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(stream); at += 997 {
			if name := known.Name(stream[at:min(len(stream), at+16<<10)]); name != "" {
				t.Errorf("%s from byte %d is %s", file, at, name)
			}
		}
	}
}

// The output of real encoders is recognised.
func TestNameOfEncoders(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not there")
	}
	for _, tt := range []struct{ args, want string }{
		{"-f adts", "AAC (ADTS)"}, {"-c:a aac -f latm", "AAC (LATM)"}, {"-f mp2", "MPEG Layer II"}, {"-ar 22050 -f mp2", "MPEG Layer II"},
		{"-c:a libvorbis -f ogg", "Ogg Vorbis"}, {"-c:a libopus -f ogg", "Ogg Opus"}, {"-c:a flac -f ogg", "Ogg FLAC"}, {"-f flac", "FLAC"}, {"-f wav", "WAV"},
		{"-c:a libopus -f webm", "WebM or Matroska"}, {"-c:a aac -f mpegts", "an MPEG transport stream"}, {"-c:a libmp3lame -f mp3", ""},
	} {
		args := append(strings.Fields("-v error -f lavfi -i anoisesrc=d=2:a=0.2 -ac 2"), strings.Fields(tt.args+" -")...)
		stream, err := exec.Command("ffmpeg", args...).Output()
		if err != nil {
			t.Logf("ffmpeg %s: %v", tt.args, err) // an encoder that this ffmpeg lacks
			continue
		}
		if got := known.Name(stream[:min(len(stream), 16<<10)]); got != tt.want {
			t.Errorf("ffmpeg %s makes %q, want %q", tt.args, got, tt.want)
		}
	}
}

func FuzzName(f *testing.F) {
	f.Add([]byte(row(5, 371, 0xff, 0xf1, 0x50, 0x80, 371>>3, 371&7<<5|0x1f, 0xfc)))
	f.Add([]byte(row(5, 203, 0x56, 0xe0, 200)))
	f.Add([]byte(row(5, 1253, 0xff, 0xfb, 0x00, 0x44)))
	f.Add([]byte("OggS\x00OggS\x00"))
	f.Fuzz(func(t *testing.T, b []byte) { known.Name(b) })
}
