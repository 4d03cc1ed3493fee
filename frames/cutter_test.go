package frames_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relay/frames"
	"relay/frames/frametest"
)

// cut pushes b through a Cutter in portions and returns the frames.
func cut(b []byte, portion int) (list []frames.Frame, stats frames.CutterStats) {
	var c frames.Cutter
	pull := func() {
		for f, ok := c.Next(); ok; f, ok = c.Next() {
			f.Data = bytes.Clone(f.Data)
			list = append(list, f)
		}
	}
	for len(b) > 0 {
		n := min(portion, len(b))
		c.Write(b[:n])
		b = b[n:]
		pull()
	}
	c.Finish()
	pull()
	return list, c.Stats()
}

// say describes frames by their numbers, "|" before one with a gap.
func say(list []frames.Frame) string {
	var s strings.Builder
	for _, f := range list {
		if f.Gap {
			s.WriteString("|")
		}
		n, ok := frametest.Number(f.Data)
		if !ok {
			s.WriteString("?")
		}
		fmt.Fprintf(&s, "%d ", n)
	}
	return strings.TrimSpace(s.String())
}

var (
	stereo128 = frametest.Header(128000, 44100, 2)
	mono48k   = frametest.Header(64000, 48000, 1)
	mpeg2     = frametest.Header(64000, 22050, 2)
	mpeg25    = frametest.Header(32000, 8000, 1)
)

// numbers returns numbered frames from first to last.
func numbers(h frames.Header, first, last uint64) []byte {
	var b []byte
	for n := first; n <= last; n++ {
		b = append(b, frametest.Numbered(h, n)...)
	}
	return b
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

var (
	id3v2   = []byte("ID3\x04\x00\x00\x00\x00\x00#TSSE\x00\x00\x00\x0f\x00\x00\x03Lavf59.27.100\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	id3v1   = append([]byte("TAG"), make([]byte, 125)...)
	ape     = append([]byte("APETAGEX\xd0\x07\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xa0\x00\x00\x00\x00\x00\x00\x00\x00"), make([]byte, 16)...)
	liar    = []byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f")
	noise   = bytes.Repeat([]byte{0xff, 0xfb, 0x90, 0x00, 0x55, 0xff, 0xe0}, 40)
	halfway = numbers(stereo128, 99, 99)[:200]
)

func info(magic string) []byte {
	f := numbers(stereo128, 1, 1)
	clear(f[4:])
	copy(f[stereo128.MainData():], magic)
	return f
}

func TestCutter(t *testing.T) {
	a, b := numbers(stereo128, 1, 4), numbers(stereo128, 5, 8)
	tests := []struct {
		name  string
		input []byte
		want  string
	}{
		{"frames alone", join(a, b), "|1 2 3 4 5 6 7 8"},
		{"one frame", numbers(stereo128, 1, 1), "|1"},
		{"nothing", nil, ""},
		{"ID3v2 first", join(id3v2, a), "|1 2 3 4"},
		{"two ID3v2 first", join(id3v2, id3v2, a), "|1 2 3 4"},
		{"ID3v2 between", join(a, id3v2, b), "|1 2 3 4 5 6 7 8"},
		{"ID3v1 last", join(a, id3v1), "|1 2 3 4"},
		{"ID3v1 between", join(a, id3v1, b), "|1 2 3 4 5 6 7 8"},
		{"APE last, then ID3v1", join(a, ape, id3v1), "|1 2 3 4"},
		{"Xing first", join(info("Xing"), a), "|1 2 3 4"},
		{"Info after a tag", join(id3v2, info("Info"), a), "|1 2 3 4"},
		{"Info between, as in joined files", join(a, info("Info"), b), "|1 2 3 4 5 6 7 8"},
		{"VBRI first", join(info("VBRI"), a), "|1 2 3 4"},
		{"a tag that lies about its size", join(liar, a), "|1 2 3 4"},
		{"a lying tag between takes the frame it follows", join(a, liar, b), "|1 2 3 |5 6 7 8"},
		{"garbage first", join(noise, a), "|1 2 3 4"},
		{"garbage between takes the frame it follows", join(a, []byte("garbage"), noise, b), "|1 2 3 |5 6 7 8"},
		{"garbage that begins like a frame", join(a, noise, b), "|1 2 3 4 |5 6 7 8"},
		{"a frame cut short", join(a, halfway, b), "|1 2 3 4 |5 6 7 8"},
		{"a frame cut to its header", join(a, halfway[:4], b), "|1 2 3 4 |5 6 7 8"},
		{"unfinished last frame", join(a, halfway), "|1 2 3 4"},
		{"only garbage", noise, ""},
		{"all 0xff", bytes.Repeat([]byte{0xff}, 10000), ""},
		{"zeros", make([]byte, 10000), ""},
		{"changes of format", join(a, numbers(mono48k, 5, 7), numbers(mpeg2, 8, 10), numbers(mpeg25, 11, 13), numbers(stereo128, 14, 17)),
			"|1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, portion := range []int{1, 7, 417, 1 << 20} {
				list, _ := cut(tt.input, portion)
				if got := say(list); got != tt.want {
					t.Errorf("in portions of %d: %s\nwant %s", portion, got, tt.want)
				}
			}
		})
	}
}

func TestCutterCounts(t *testing.T) {
	_, stats := cut(join(id3v2, numbers(stereo128, 1, 4), halfway, numbers(stereo128, 5, 8), id3v1), 1000)
	want := frames.CutterStats{Frames: 8, Tags: int64(len(id3v2) + len(id3v1)), Garbage: int64(len(halfway)), Resyncs: 1}
	if stats != want {
		t.Errorf("got %+v, want %+v", stats, want)
	}
}

func TestLiveFrameComesOutWithItsSuccessorsHeader(t *testing.T) {
	var c frames.Cutter
	b := numbers(stereo128, 1, 10)
	released := 0
	for i := range b {
		c.Write(b[i : i+1])
		for _, ok := c.Next(); ok; _, ok = c.Next() {
			released++
		}
	}
	if released != 9 {
		t.Errorf("%d of 10 frames are out before the end is known, want 9", released)
	}
}

func TestRealEncoders(t *testing.T) {
	tests := map[string]struct {
		frames                        int
		bitRate, sampleRate, channels int
	}{
		"cbr-128-44100-stereo":  {155, 128000, 44100, 2},
		"vbr-xing-44100-stereo": {116, 0, 44100, 2},
		"cbr-32-22050-mono":     {156, 32000, 22050, 1},
		"cbr-16-8000-mono":      {58, 16000, 8000, 1},
		"crc-96-48000-stereo":   {126, 96000, 48000, 2},
		"tags-64-44100-stereo":  {78, 64000, 44100, 2},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", name+".mp3"))
			if err != nil {
				t.Fatal(err)
			}
			list, stats := cut(b, 1000)
			var meter frames.Meter
			for _, f := range list {
				meter.Add(f.Header)
			}
			if len(list) != want.frames || stats.Garbage != 0 || stats.Resyncs != 0 {
				t.Errorf("%d frames, want %d; %+v", len(list), want.frames, stats)
			}
			if want.bitRate == 0 { // variable: total bytes over total time
				if got := meter.BitRate(); got < 90000 || got > 130000 {
					t.Errorf("%d bit/s", got)
				}
			} else if got := meter.BitRate(); got != want.bitRate {
				t.Errorf("%d bit/s, want %d", got, want.bitRate)
			}
			if meter.SampleRate() != want.sampleRate || meter.Channels() != want.channels {
				t.Errorf("%d Hz, %d channels", meter.SampleRate(), meter.Channels())
			}
		})
	}
}

func TestMeterForgetsAnOldBitRate(t *testing.T) {
	var m frames.Meter
	if m.BitRate() != 0 || m.SampleRate() != 0 {
		t.Error("an unused meter has measured something")
	}
	low := frametest.Header(64000, 44100, 2)
	for range 1000 {
		m.Add(low)
	}
	for range 20 {
		m.Add(stereo128)
	}
	if got := m.BitRate(); got <= 64000 || got >= 128000 {
		t.Errorf("%d bit/s shortly after the change", got)
	}
	for range 1000 {
		m.Add(stereo128)
	}
	if got := m.BitRate(); got != 128000 {
		t.Errorf("%d bit/s long after the change", got)
	}
}

func TestNumberedFramesOfEveryFormat(t *testing.T) {
	for _, h := range []frames.Header{stereo128, mono48k, mpeg2, mpeg25, frametest.Header(320000, 32000, 2), frametest.Header(160000, 11025, 1)} {
		f := frametest.Numbered(h, 1<<63+12345)
		if n, ok := frametest.Number(f); !ok || n != 1<<63+12345 || len(f) != h.Size {
			t.Errorf("%+v: number %d, %v", h, n, ok)
		}
		f[h.MainData()+10] ^= 1
		if _, ok := frametest.Number(f); ok {
			t.Errorf("%+v: a damaged frame passes", h)
		}
	}
}

func FuzzCutter(f *testing.F) {
	for _, seed := range [][]byte{
		join(id3v2, numbers(stereo128, 1, 3), halfway, numbers(mono48k, 4, 6), id3v1),
		join(liar, noise, numbers(mpeg25, 1, 3), ape), info("Xing"),
	} {
		f.Add(seed, 7)
	}
	f.Fuzz(func(t *testing.T, b []byte, portion int) {
		once, stats := cut(b, len(b)+1)
		pieces, _ := cut(b, max(portion&1023, 1))
		if len(once) != len(pieces) {
			t.Fatalf("%d frames at once, %d in pieces", len(once), len(pieces))
		}
		at, total := 0, int64(0)
		for i, fr := range once {
			h, ok := frames.ParseHeader(fr.Data)
			if !ok || h != fr.Header || h.Size != len(fr.Data) {
				t.Fatalf("frame %d is not whole", i)
			}
			if !bytes.Equal(fr.Data, pieces[i].Data) || fr.Gap != pieces[i].Gap {
				t.Fatalf("frame %d differs in pieces", i)
			}
			found := bytes.Index(b[at:], fr.Data)
			if found < 0 {
				t.Fatalf("frame %d was not in the input behind the one before it", i)
			}
			at += found + len(fr.Data)
			total += int64(len(fr.Data))
		}
		if total+stats.Tags+stats.Garbage > int64(len(b)) {
			t.Fatalf("%d bytes are accounted for of %d", total+stats.Tags+stats.Garbage, len(b))
		}
	})
}

func BenchmarkCutter(b *testing.B) {
	input := numbers(stereo128, 1, 1000)
	var c frames.Cutter
	c.Write(input)
	for _, ok := c.Next(); ok; _, ok = c.Next() {
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(input)))
	for b.Loop() {
		c.Write(input)
		for _, ok := c.Next(); ok; _, ok = c.Next() {
		}
	}
}
