package mp3_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relay/codec"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
)

// cut pushes b through a Cutter in portions and returns the frames.
func cut(b []byte, portion int) (list []mp3.Frame, stats codec.Stats) {
	var c mp3.Cutter
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

// say describes frames by their numbers, with "|" before a frame that has a gap.
func say(list []mp3.Frame) string {
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
func numbers(h mp3.Header, first, last uint64) []byte {
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

// spoken returns an audio frame whose main data begin with word.
func spoken(word string) []byte {
	f := info(word)
	f[20] = 1
	return f
}

// tag wraps b in an ID3v2 tag.
func tag(b []byte) []byte {
	n := len(b)
	return join([]byte{'I', 'D', '3', 4, 0, 0, byte(n >> 21), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}, b)
}

var tagFooter = join([]byte("ID3\x04\x00\x10\x00\x00\x00\x05"), make([]byte, 5), []byte("3DI\x04\x00\x10\x00\x00\x00\x05"))

func TestCutter(t *testing.T) {
	a, b := numbers(stereo128, 1, 4), numbers(stereo128, 5, 8)
	tests := []struct {
		name  string
		input []byte
		want  string
	}{
		{"frames alone", join(a, b), "|1 2 3 4 5 6 7 8"},
		{"one frame", numbers(stereo128, 1, 1), "|1"},
		{"one frame, and a byte", join(numbers(stereo128, 1, 1), []byte{0}), ""},
		{"one frame, and half of the next", join(numbers(stereo128, 1, 1), halfway), "|1"},
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
		{"a tag that lies, followed by a long stream", join(liar, numbers(stereo128, 1, 12)), "|1 2 3 4 5 6 7 8 9 10 11 12"},
		{"a tag that lies between frames", join(a, liar, b), "|1 2 3 4 |5 6 7 8"},
		{"a tag that lies between frames, early", join(a, liar, numbers(stereo128, 5, 16)), "|1 2 3 4 |5 6 7 8 9 10 11 12 13 14 15 16"},
		{"a tag that holds too few frames for a lie", join(a, tag(numbers(stereo128, 90, 96)), b), "|1 2 3 4 5 6 7 8"},
		{"a tag that ends nowhere", join(a, tag(make([]byte, 1000))[:500]), "|1 2 3 4"},
		{"ID3v2 with a footer", join(tagFooter, a), "|1 2 3 4"},
		{"ID3v2 after an unfinished frame, as in joined files", join(a, halfway, tag(noise), b), "|1 2 3 4 |5 6 7 8"},
		{"ID3v2 in garbage", join(noise, tag(numbers(stereo128, 90, 93)), a), "|1 2 3 4"},
		{"the beginning of ID3v2 is garbage", join([]byte("IIDID3ID"), a), "|1 2 3 4"},
		{"APE with only a footer", join(a, ape[:23], []byte{0x80}, ape[24:32], id3v1), "|1 2 3 4"},
		{"Lyrics3", join(a, []byte("LYRICSBEGININD0000210LYR00006words\r\n000044LYRICS200"), id3v1), "|1 2 3 4"},
		{"audio that happens to say Info", join(a, spoken("Info"), b), "|1 2 3 4 ?0 5 6 7 8"},
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
		{"a change to what is no stream", join(a, halfway[:0], numbers(mono48k, 90, 90), noise, b), "|1 2 3 |5 6 7 8"},
		{"layer II", bytes.Repeat(append([]byte{0xff, 0xfd, 0x80, 0x00}, make([]byte, 413)...), 5), ""},
		{"free format", bytes.Repeat(append([]byte{0xff, 0xfb, 0x00, 0x00}, make([]byte, 413)...), 5), ""},
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
	want := codec.Stats{Units: 8, Tags: int64(len(id3v2) + len(id3v1)), Garbage: int64(len(halfway)), Resyncs: 1}
	if stats != want {
		t.Errorf("got %+v, want %+v", stats, want)
	}
}

func TestLiveFrameComesOutWithItsSuccessorsHeader(t *testing.T) {
	var c mp3.Cutter
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
		"cbr-224-44100-stereo":  {40, 224000, 44100, 2},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", name+".mp3"))
			if err != nil {
				t.Fatal(err)
			}
			list, stats := cut(b, 1000)
			var meter codec.Meter
			for _, f := range list {
				meter.Add(f.Unit())
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
			if meter.Format().SampleRate != want.sampleRate || meter.Format().Channels != want.channels {
				t.Errorf("%d Hz, %d channels", meter.Format().SampleRate, meter.Format().Channels)
			}
		})
	}
}

func TestNumberedFramesOfEveryFormat(t *testing.T) {
	for _, h := range []mp3.Header{stereo128, mono48k, mpeg2, mpeg25, frametest.Header(320000, 32000, 2), frametest.Header(160000, 11025, 1)} {
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

// Wherever bytes are lost, the frames that come out are ones that were put in, whole
// and in order, with a gap at each loss, and they come out again soon after it.
func TestLostBytesTearNoFrame(t *testing.T) {
	stream := numbers(stereo128, 0, 19)
	for _, hole := range []int{1, 2, 36, 100, 416, 418, 1000, 2501} {
		for at := 1; at+hole < len(stream)-4*stereo128.Size; at += 7 {
			list, stats := cut(join(stream[:at], stream[at+hole:]), 1<<20)
			next := uint64(0)
			for i, f := range list {
				n, ok := frametest.Number(f.Data)
				if !ok {
					t.Fatalf("%d bytes lost at %d: a torn frame came out", hole, at)
				}
				if n < next || f.Gap != (i == 0 || n > next) {
					t.Fatalf("%d bytes lost at %d: frame %d came after %d, gap %v", hole, at, n, next, f.Gap)
				}
				next = n + 1
			}
			if next != 20 || stats.Units < int64(20-hole/stereo128.Size-3) {
				t.Fatalf("%d bytes lost at %d: only %d frames came out, the last is %d", hole, at, stats.Units, next-1)
			}
		}
	}
}

// Files of all kinds, one after the other.
func TestJoinedFiles(t *testing.T) {
	var joined []byte
	var want [][]byte
	for range 2 {
		for _, name := range encoderOutputs {
			b, err := os.ReadFile(filepath.Join("testdata", name+".mp3"))
			if err != nil {
				t.Fatal(err)
			}
			joined = append(joined, b...)
			for _, f := range load(t, name) {
				want = append(want, f.Data)
			}
		}
	}
	for _, portion := range []int{1, 1000, len(joined)} {
		list, stats := cut(joined, portion)
		if len(list) != len(want) || stats.Garbage != 0 || stats.Resyncs != 0 {
			t.Fatalf("%d frames, want %d; %+v", len(list), len(want), stats)
		}
		for i, f := range list {
			if !bytes.Equal(f.Data, want[i]) || f.Gap != (i == 0) {
				t.Fatalf("frame %d differs, or has a gap", i)
			}
		}
	}
}

// endless returns the same bytes for ever.
func endless(b []byte) func() []byte { return func() []byte { return b } }

func TestCutterKeepsLittle(t *testing.T) {
	alternating := join(numbers(stereo128, 1, 1), numbers(mono48k, 1, 1))
	cover := make([]byte, 4096)
	for i := range cover {
		cover[i] = byte(i * i >> 3)
	}
	tests := map[string]struct {
		first []byte
		then  func() []byte
	}{
		"a tag of 256 MB":      {liar, endless(cover)},
		"a tag of headers":     {liar, endless(bytes.Repeat([]byte{0xff, 0xfb, 0x90}, 1365))},
		"garbage":              {nil, endless(cover)},
		"garbage of headers":   {nil, endless(noise)},
		"a new format a frame": {numbers(stereo128, 1, 4), endless(alternating)},
		"a stream":             {nil, endless(numbers(stereo128, 1, 10))},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var c mp3.Cutter
			c.Write(tt.first)
			for range 2000 {
				c.Write(tt.then())
				for _, ok := c.Next(); ok; _, ok = c.Next() {
				}
			}
			if kept := mp3.Kept(&c); kept > 48<<10 {
				t.Errorf("%d bytes are kept", kept)
			}
		})
	}
}

// A tag that claims the next four hours does not silence a live stream.
func TestLyingTagCostsNoFrame(t *testing.T) {
	var c mp3.Cutter
	c.Write(join(numbers(stereo128, 0, 9), liar))
	var got []uint64
	for n := uint64(10); n < 30; n++ {
		c.Write(frametest.Numbered(stereo128, n))
		for f, ok := c.Next(); ok; f, ok = c.Next() {
			n, _ := frametest.Number(f.Data)
			got = append(got, n)
		}
	}
	for i, n := range got {
		if n != uint64(i) {
			t.Fatalf("frames %d", got)
		}
	}
	if len(got) != 29 {
		t.Errorf("%d frames came out, want all but the last of 30", len(got))
	}
}

func TestResetBeginsAnotherStream(t *testing.T) {
	var c mp3.Cutter
	c.Write(join(numbers(stereo128, 1, 3), liar))
	for _, ok := c.Next(); ok; _, ok = c.Next() {
	}
	c.Finish()
	c.Reset()
	c.Write(numbers(mpeg2, 1, 3))
	if f, ok := c.Next(); !ok || !f.Gap {
		t.Error("no frame, or one without a gap, begins the second stream")
	}
	if got := c.Stats().Units; got != 4 {
		t.Errorf("%d frames are counted, want 4", got)
	}
}

func FuzzCutter(f *testing.F) {
	for _, seed := range [][]byte{
		join(id3v2, numbers(stereo128, 1, 3), halfway, numbers(mono48k, 4, 6), id3v1),
		join(liar, noise, numbers(mpeg25, 1, 3), ape), info("Xing"),
		join(numbers(stereo128, 1, 1), noise, numbers(stereo128, 1, 3)), // the same frame, torn and whole
		join(numbers(mpeg2, 1, 3), []byte("IID3"), tag(noise), numbers(mpeg2, 4, 12)),
	} {
		f.Add(seed, 7)
	}
	f.Fuzz(func(t *testing.T, b []byte, portion int) {
		once, stats := cut(b, len(b)+1)
		pieces, piecesStats := cut(b, max(portion&1023, 1))
		if len(once) != len(pieces) || stats != piecesStats {
			t.Fatalf("%d frames at once, %d in pieces; %+v, %+v", len(once), len(pieces), stats, piecesStats)
		}
		total := int64(0)
		for i, fr := range once {
			h, ok := mp3.ParseHeader(fr.Data)
			if !ok || h != fr.Header || h.Size != len(fr.Data) {
				t.Fatalf("frame %d is not whole", i)
			}
			if !bytes.Equal(fr.Data, pieces[i].Data) || fr.Gap != pieces[i].Gap {
				t.Fatalf("frame %d differs in pieces", i)
			}
			total += int64(len(fr.Data))
		}
		if total+stats.Tags+stats.Garbage != int64(len(b)) {
			t.Fatalf("%d bytes are accounted for of %d", total+stats.Tags+stats.Garbage, len(b))
		}
		checkPlaces(t, b)
	})
}

// checkPlaces checks that every frame equals the input's bytes at the offset given by
// the counts, and that garbage before a frame shows as a gap.
func checkPlaces(t *testing.T, input []byte) {
	t.Helper()
	var c mp3.Cutter
	c.Write(input)
	c.Finish()
	released, garbage := int64(0), int64(0)
	for f, ok := c.Next(); ok; f, ok = c.Next() {
		stats := c.Stats()
		at := released + stats.Tags + stats.Garbage
		if !bytes.HasPrefix(input[at:], f.Data) {
			t.Fatalf("frame %d is not what the input has at %d", stats.Units, at)
		}
		if stats.Garbage != garbage && !f.Gap {
			t.Fatalf("bytes are missing before frame %d, which has no gap", stats.Units)
		}
		released, garbage = released+int64(len(f.Data)), stats.Garbage
	}
}

func TestFramesTakeNoAllocation(t *testing.T) {
	input := numbers(stereo128, 1, 20)
	var c mp3.Cutter
	var s mp3.Splicer
	var m codec.Meter
	if got := testing.AllocsPerRun(100, func() {
		c.Write(input)
		for f, ok := c.Next(); ok; f, ok = c.Next() {
			s.Pass(f)
			m.Add(f.Unit())
		}
	}); got > 0 {
		t.Errorf("%v allocations in twenty frames", got)
	}
}

func BenchmarkCutter(b *testing.B) {
	input := numbers(stereo128, 1, 1000)
	var c mp3.Cutter
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
