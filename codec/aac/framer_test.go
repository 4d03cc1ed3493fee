package aac_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relay/codec"
	"relay/codec/aac"
	"relay/codec/codectest"
)

// read returns a file in testdata.
func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// load returns the units of an encoder's output in testdata.
func load(t testing.TB, name string) []codec.Unit {
	t.Helper()
	list, _, _ := cut(read(t, name+".aac"), 1<<20)
	return list
}

// cut pushes b through a framer in portions and returns the units.
func cut(b []byte, portion int) (list []codec.Unit, stats codec.Stats, err error) {
	return cutBy(b, func() int { return portion })
}

func cutBy(b []byte, portion func() int) (list []codec.Unit, stats codec.Stats, err error) {
	f := aac.Codec.NewFramer()
	list = codectest.Cut(f, b, portion)
	return list, f.Stats(), f.Err()
}

// join returns the bytes of units and others, one after the other.
func join(parts ...any) (b []byte) {
	for _, part := range parts {
		switch p := part.(type) {
		case []codec.Unit:
			for _, u := range p {
				b = append(b, u.Data...)
			}
		case codec.Unit:
			b = append(b, p.Data...)
		case []byte:
			b = append(b, p...)
		case string:
			b = append(b, p...)
		default:
			panic(fmt.Sprintf("%T", part))
		}
	}
	return b
}

// say describes units by their numbers in the lists that they are from, the second list
// with 'b', and with "|" before a unit that has a gap.
func say(list []codec.Unit, of ...[]codec.Unit) string {
	names := map[string]string{}
	for i, units := range of {
		for n, u := range units {
			names[string(u.Data)] = string(rune('a'+i)) + fmt.Sprint(n)
		}
	}
	var s strings.Builder
	for _, u := range list {
		if u.Gap {
			s.WriteString("|")
		}
		name, ok := names[string(u.Data)]
		if !ok {
			name = "?"
		}
		s.WriteString(name + " ")
	}
	return strings.TrimSpace(s.String())
}

// id3 wraps b in an ID3v2 tag.
func id3(b []byte) []byte {
	n := len(b)
	return join([]byte{'I', 'D', '3', 4, 0, 0, byte(n >> 21), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}, b)
}

// withLength returns a frame whose header gives another length.
func withLength(u codec.Unit, size int) codec.Unit {
	u.Data = bytes.Clone(u.Data)
	u.Data[3] = u.Data[3]&^3 | byte(size>>11)
	u.Data[4] = byte(size >> 3)
	u.Data[5] = u.Data[5]&0x1f | byte(size<<5)
	return u
}

// withCRC returns a protected frame with a CRC that nobody checks.
func withCRC(u codec.Unit) codec.Unit {
	data := join(u.Data[:7], "\x12\x34", u.Data[7:])
	data[1] &^= 1
	u.Data = data
	return withLength(u, len(data))
}

func protect(list []codec.Unit) (protected []codec.Unit) {
	for _, u := range list {
		protected = append(protected, withCRC(u))
	}
	return protected
}

var (
	liar  = []byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f")
	id3v1 = append([]byte("TAG"), make([]byte, 125)...)
	ape   = append([]byte("APETAGEX\xd0\x07\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xa0\x00\x00\x00\x00\x00\x00\x00\x00"), make([]byte, 16)...)
	noise = bytes.Repeat([]byte{0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc, 0xe0, 0x56, 0xe0, 0x01}, 40)
)

func TestFramer(t *testing.T) {
	stereo, mono, low := load(t, "128-44100-stereo"), load(t, "64-48000-mono"), load(t, "32-22050-mono")
	a, a2, b := stereo[:4], stereo[4:8], mono[:12]
	half := stereo[20].Data[:100]
	const all = "|a0 a1 a2 a3 a4 a5 a6 a7"
	tests := []struct {
		name  string
		input []byte
		want  string
	}{
		{"frames alone", join(a, a2), all},
		{"one frame", join(a[0]), "|a0"},
		{"one frame, and a byte", join(a[0], "\x00"), ""},
		{"one frame, and half of the next", join(a[0], half), "|a0"},
		{"nothing", nil, ""},
		{"ID3v2 first", join(id3(noise), a), "|a0 a1 a2 a3"},
		{"two ID3v2 first", join(id3(noise), id3(nil), a), "|a0 a1 a2 a3"},
		{"ID3v2 between", join(a, id3(noise), a2), all},
		{"ID3v2 behind each frame", join(a[0], id3(noise), a[1], id3(noise), a[2], id3(noise), a[3]), "|a0 a1 a2 a3"},
		{"ID3v1 last", join(a, id3v1), "|a0 a1 a2 a3"},
		{"ID3v1 between", join(a, id3v1, a2), all},
		{"APE last, then ID3v1", join(a, ape, id3v1), "|a0 a1 a2 a3"},
		{"a tag that lies about its size", join(liar, a, a2), all},
		{"a tag that lies between frames", join(a, liar, stereo[4:14]), "|a0 a1 a2 a3 |a4 a5 a6 a7 a8 a9 a10 a11 a12 a13"},
		{"a tag that holds too few frames for a lie", join(a, id3(join(stereo[30:37])), a2), all},
		{"a tag that ends nowhere", join(a, id3(make([]byte, 1000))[:500]), "|a0 a1 a2 a3"},
		{"ID3v2 after an unfinished frame, as in joined files", join(a, half, id3(make([]byte, 440)), a2), "|a0 a1 a2 a3 |a4 a5 a6 a7"},
		{"ID3v2 in garbage", join(noise, id3(join(stereo[30:34])), a), "|a0 a1 a2 a3"},
		{"the beginning of ID3v2 is garbage", join("IIDID3ID", a), "|a0 a1 a2 a3"},
		{"garbage first", join(noise, a), "|a0 a1 a2 a3"},
		{"a broken frame first", join(stereo[20].Data[100:], a), "|a0 a1 a2 a3"},
		{"garbage between takes the frame it follows", join(a, "garbage", a2), "|a0 a1 a2 |a4 a5 a6 a7"},
		{"a frame cut short", join(a, half, a2), "|a0 a1 a2 a3 |a4 a5 a6 a7"},
		{"a frame cut to its header", join(a, half[:7], a2), "|a0 a1 a2 a3 |a4 a5 a6 a7"},
		{"unfinished last frame", join(a, half), "|a0 a1 a2 a3"},
		{"a length that is too long", join(a, withLength(stereo[4], 1500), stereo[5:9]), "|a0 a1 a2 a3 |a5 a6 a7 a8"},
		{"a length that is too short", join(a, withLength(stereo[4], 100), stereo[5:9]), "|a0 a1 a2 a3 |a5 a6 a7 a8"},
		{"a length that is too long, first", join(withLength(stereo[0], 1500), a2), "|a4 a5 a6 a7"},
		{"a length that is too long, second", join(stereo[0], withLength(stereo[1], 1500), a2), "|a4 a5 a6 a7"},
		{"a length that cannot be", join(a, withLength(stereo[4], 8191), stereo[5:9]), "|a0 a1 a2 |a5 a6 a7 a8"},
		{"a length that is none", join(a, withLength(stereo[4], 7), stereo[5:9]), "|a0 a1 a2 |a5 a6 a7 a8"},
		{"only garbage", noise, ""},
		{"all 0xff", bytes.Repeat([]byte{0xff}, 10000), ""},
		{"zeros", make([]byte, 10000), ""},
		{"LATM sync for ever", bytes.Repeat([]byte{0x56, 0xff}, 5000), ""},
		{"changes of format", join(a, b[:3], low[:3], a2), "|a0 a1 a2 a3 |b0 b1 b2 |c0 c1 c2 |a4 a5 a6 a7"},
		{"a change to what is no stream", join(a, b[:1], noise, a2), "|a0 a1 a2 |a4 a5 a6 a7"},
		{"protected frames", join(protect(a), protect(a2)), "|d0 d1 d2 d3 d4 d5 d6 d7"},
		{"LATM within", join(a, read(t, "latm.loas"), a2), "|a0 a1 a2 |a4 a5 a6 a7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, portion := range []int{1, 7, 417, 1 << 20} {
				list, _, err := cut(tt.input, portion)
				if got := say(list, stereo, mono, low, protect(stereo)); got != tt.want || err != nil {
					t.Errorf("in portions of %d: %s, %v\nwant %s", portion, got, err, tt.want)
				}
			}
		})
	}
}

func TestFramerCounts(t *testing.T) {
	list := load(t, "128-44100-stereo")
	_, stats, _ := cut(join(id3(noise), list[:4], list[20].Data[:50], list[4:8], id3v1), 1000)
	want := codec.Stats{Units: 8, Tags: int64(10 + len(noise) + len(id3v1)), Garbage: 50, Resyncs: 1}
	if stats != want {
		t.Errorf("got %+v, want %+v", stats, want)
	}
}

func TestLiveFrameComesOutWithItsSuccessorsHeader(t *testing.T) {
	f := aac.Codec.NewFramer()
	list := load(t, "128-44100-stereo")[:10]
	b, released := join(list), 0
	for i := range b {
		f.Write(b[i : i+1])
		for _, ok := f.Next(); ok; _, ok = f.Next() {
			released++
		}
	}
	if released != 9 {
		t.Errorf("%d of 10 frames are out before the end is known, want 9", released)
	}
}

var encoderOutputs = map[string]struct {
	units                int
	sampleRate, channels int
	setup                string
}{
	"128-44100-stereo":      {88, 44100, 2, "LC 2"},
	"64-48000-mono":         {95, 48000, 1, "LC 1"},
	"32-22050-mono":         {66, 22050, 1, "LC 1"},
	"48-24000-stereo":       {72, 24000, 2, "LC 2"},
	"16-8000-mono":          {33, 8000, 1, "LC 1"},
	"192-96000-stereo":      {95, 96000, 2, "LC 2"},
	"96-48000-3.0":          {48, 48000, 3, "LC 3"},
	"96-48000-4.0":          {48, 48000, 4, "LC 4"},
	"128-48000-5.0":         {48, 48000, 5, "LC 5"},
	"160-48000-5.1":         {48, 48000, 6, "LC 6"},
	"160-48000-7.1":         {48, 48000, 8, "LC 7"},
	"main-96-44100-stereo":  {45, 44100, 2, "Main 2"},
	"tags-64-32000-stereo":  {33, 32000, 2, "LC 2"},
	"mpeg2-64-44100-stereo": {45, 44100, 2, "LC 2"},
	"pce-96-48000-quad":     {48, 48000, 4, ""},
}

func TestRealEncoders(t *testing.T) {
	for name, want := range encoderOutputs {
		t.Run(name, func(t *testing.T) {
			list, stats, err := cut(read(t, name+".aac"), 1000)
			if len(list) != want.units || stats.Garbage != 0 || stats.Resyncs != 0 || err != nil {
				t.Fatalf("%d units, want %d; %+v, %v", len(list), want.units, stats, err)
			}
			for i, u := range list {
				f := u.Format
				if f.Codec != aac.Codec || f.SampleRate != want.sampleRate || f.Channels != want.channels || want.setup != "" && f.Setup.Value() != want.setup {
					t.Fatalf("unit %d is %v, %q", i, f, f.Setup.Value())
				}
				if length := time.Duration(1024*1e9/float64(want.sampleRate) + 0.5); u.Length != length || u.BitRate != 0 || u.Gap != (i == 0) {
					t.Fatalf("unit %d: %v, %d bit/s, gap %v", i, u.Length, u.BitRate, u.Gap)
				}
			}
		})
	}
}

// Wherever bytes are lost, the units that come out are ones that were put in, whole and
// in order, with a gap at each loss, and they come out again soon after it.
func TestLostBytesTearNoFrame(t *testing.T) {
	list := load(t, "32-22050-mono")[:20]
	number := map[string]int{}
	for i, u := range list {
		number[string(u.Data)] = i
	}
	stream := join(list)
	for _, hole := range []int{1, 2, 36, 100, 183, 418, 1001} {
		for at := 1; at+hole < len(stream)-len(join(list[15:])); at += 7 {
			got, stats, _ := cut(join(stream[:at], stream[at+hole:]), 1<<20)
			next := 0
			for i, u := range got {
				n, ok := number[string(u.Data)]
				if !ok {
					t.Fatalf("%d bytes lost at %d: a torn frame came out", hole, at)
				}
				if n < next || u.Gap != (i == 0 || n > next) {
					t.Fatalf("%d bytes lost at %d: frame %d came after %d, gap %v", hole, at, n, next, u.Gap)
				}
				next = n + 1
			}
			if next != 20 || stats.Units < int64(20-hole/150-3) {
				t.Fatalf("%d bytes lost at %d: only %d frames came out, the last is %d", hole, at, stats.Units, next-1)
			}
		}
	}
}

// Whatever the sizes of the writes, the units are the same.
func TestPortionsDoNotMatter(t *testing.T) {
	var parts []any
	for name := range encoderOutputs {
		parts = append(parts, read(t, name+".aac"), noise[:len(parts)*5], id3(noise), load(t, name)[3:6], load(t, "48-24000-stereo")[1].Data[:90])
	}
	stream := join(parts...)
	want, wantStats, _ := cut(stream, len(stream))
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		most := 1 << random.IntN(14)
		got, stats, _ := cutBy(stream, func() int { return 1 + random.IntN(most) })
		if len(got) != len(want) || stats != wantStats {
			t.Fatalf("%d units, want %d; %+v, want %+v", len(got), len(want), stats, wantStats)
		}
		for i, u := range got {
			if !bytes.Equal(u.Data, want[i].Data) || u.Gap != want[i].Gap || u.Format != want[i].Format {
				t.Fatalf("unit %d differs", i)
			}
		}
	}
	if wantStats.Units < 800 {
		t.Errorf("only %d units came out", wantStats.Units)
	}
}

// A length of 8191 bytes, or a tag of hours, must not silence a live stream.
func TestLiesCostFewFrames(t *testing.T) {
	list := load(t, "32-22050-mono")
	for name, lie := range map[string][]byte{
		"a length":                 withLength(list[10], 775).Data,
		"a length of a new format": withLength(load(t, "64-48000-mono")[3], 775).Data,
		"a tag":                    liar,
	} {
		f := aac.Codec.NewFramer()
		f.Write(join(list[:10], lie))
		late := 0
		for i, u := range list[11:] {
			f.Write(u.Data)
			for _, ok := f.Next(); ok; _, ok = f.Next() {
			}
			late = max(late, 10+i-int(f.Stats().Units))
		}
		if late > 9 {
			t.Errorf("%s: the stream is %d frames late", name, late)
		}
		if got := int(f.Stats().Units); got < len(list)-4 {
			t.Errorf("%s: %d units of %d came out", name, got, len(list))
		}
	}
}

func TestForeignStreams(t *testing.T) {
	for _, tt := range []struct{ file, want string }{
		{"latm.loas", "it sends AAC in LATM, and this server takes ADTS: "},
		{"file.m4a", "it sends MP4, and this server takes AAC in ADTS: "},
		{"fragmented.mp4", "it sends MP4, and this server takes AAC in ADTS: "},
	} {
		for _, portion := range []int{1, 100, 1 << 20} {
			list, stats, err := cut(read(t, tt.file), portion)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || len(list) > 0 {
				t.Errorf("%s: %d units, %+v, %v", tt.file, len(list), stats, err)
			}
		}
	}
	loas := read(t, "latm.loas")
	for name, input := range map[string][]byte{
		"|LATM from the middle": loas[100:], "|LATM behind a tag": join(id3(noise), loas), "|ADIF": join("ADIF", noise), "|ADIF behind a tag": join(id3(noise), "ADIF", noise),
		"ADIF later": join(noise, "ADIF", noise), "noise": noise, "nothing": nil, "little": []byte("ADI"), "LATM, too few": loas[:300],
	} {
		if _, _, err := cut(input, 1); (err != nil) != strings.HasPrefix(name, "|") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFramerKeepsLittle(t *testing.T) {
	stereo, mono := load(t, "128-44100-stereo"), load(t, "64-48000-mono")
	cover := make([]byte, 4096)
	for i := range cover {
		cover[i] = byte(i * i >> 3)
	}
	for name, tt := range map[string]struct{ first, then []byte }{
		"a tag of 256 MB":      {liar, cover},
		"a tag of headers":     {liar, bytes.Repeat([]byte{0xff, 0xf1, 0x50}, 1365)},
		"garbage":              {nil, cover},
		"garbage of headers":   {nil, noise},
		"long headers":         {nil, bytes.Repeat(withLength(stereo[0], 1543).Data[:7], 100)},
		"long LATM headers":    {nil, bytes.Repeat([]byte{0x56, 0xff, 0xff, 0}, 500)},
		"a new format a frame": {join(stereo[:4]), join(stereo[5], mono[5])},
		"a foreign stream":     {[]byte("ADIF"), cover},
		"a stream":             {nil, join(stereo[:10])},
	} {
		t.Run(name, func(t *testing.T) {
			f := aac.Codec.NewFramer()
			f.Write(tt.first)
			for range 2000 {
				f.Write(tt.then)
				for _, ok := f.Next(); ok; _, ok = f.Next() {
				}
			}
			if kept := aac.Kept(f); kept > 100<<10 {
				t.Errorf("%d bytes are kept", kept)
			}
		})
	}
}

func FuzzFramer(f *testing.F) {
	stereo, low := load(f, "128-44100-stereo"), load(f, "32-22050-mono")
	for _, seed := range [][]byte{
		join(id3(noise[:30]), stereo[:3], stereo[4].Data[:50], low[:4], id3v1),
		join(liar, noise[:40], low[:3], ape),
		join(stereo[0], noise[:100], protect(stereo[:3])),
		join(load(f, "pce-96-48000-quad")[:4], "IID3", read(f, "latm.loas")[:300]),
		read(f, "latm.loas")[:800],
	} {
		f.Add(seed, 7)
	}
	f.Fuzz(func(t *testing.T, b []byte, portion int) {
		once, stats, err := cut(b, len(b)+1)
		pieces, piecesStats, piecesErr := cut(b, max(portion&1023, 1))
		if len(once) != len(pieces) || stats != piecesStats || err != piecesErr {
			t.Fatalf("%d units at once, %d in pieces; %+v, %+v; %v, %v", len(once), len(pieces), stats, piecesStats, err, piecesErr)
		}
		total := int64(0)
		for i, u := range once {
			h, ok := aac.ParseHeader(u.Data)
			if !ok || h.Size != len(u.Data) || !u.Format.IsWhole() || u.Length <= 0 {
				t.Fatalf("unit %d is not whole", i)
			}
			if !bytes.Equal(u.Data, pieces[i].Data) || u.Gap != pieces[i].Gap || u.Format != pieces[i].Format {
				t.Fatalf("unit %d differs in pieces", i)
			}
			if level := aac.Codec.Level(u); level < codec.DigitalSilence || level > 0 {
				t.Fatalf("unit %d has %d dB", i, level)
			}
			if silent, ok := aac.Codec.Silence(u.Format, 0); ok {
				if got, ok := aac.ParseHeader(silent.Data); !ok || got.Size != len(silent.Data) {
					t.Fatalf("silence for %v is no frame", u.Format)
				}
			}
			total += int64(len(u.Data))
		}
		if total+stats.Tags+stats.Garbage != int64(len(b)) {
			t.Fatalf("%d bytes are accounted for of %d", total+stats.Tags+stats.Garbage, len(b))
		}
		checkPlaces(t, b)
	})
}

// checkPlaces checks that every unit equals the input's bytes at the offset given by the
// counts, and that garbage before a unit shows as a gap.
func checkPlaces(t *testing.T, input []byte) {
	t.Helper()
	f := aac.Codec.NewFramer()
	f.Write(input)
	f.Finish()
	released, garbage := int64(0), int64(0)
	for u, ok := f.Next(); ok; u, ok = f.Next() {
		stats := f.Stats()
		if at := released + stats.Tags + stats.Garbage; !bytes.HasPrefix(input[at:], u.Data) {
			t.Fatalf("unit %d is not what the input has at %d", stats.Units, at)
		}
		if stats.Garbage != garbage && !u.Gap {
			t.Fatalf("bytes are missing before unit %d, which has no gap", stats.Units)
		}
		released, garbage = released+int64(len(u.Data)), stats.Garbage
	}
}

func TestFramesTakeNoAllocation(t *testing.T) {
	input := join(load(t, "32-22050-mono")[:20])
	f, s := aac.Codec.NewFramer(), aac.Codec.NewSplicer()
	if got := testing.AllocsPerRun(100, func() {
		f.Write(input)
		for u, ok := f.Next(); ok; u, ok = f.Next() {
			s.Pass(u)
			aac.Codec.Level(u)
		}
	}); got > 0 {
		t.Errorf("%v allocations in twenty frames", got)
	}
}

func BenchmarkFramer(b *testing.B) {
	input := join(load(b, "128-44100-stereo"))
	f := aac.Codec.NewFramer()
	b.ReportAllocs()
	b.SetBytes(int64(len(input)))
	for b.Loop() {
		f.Write(input)
		for _, ok := f.Next(); ok; _, ok = f.Next() {
		}
	}
}
