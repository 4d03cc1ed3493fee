package ogg_test

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relay/codec"
	"relay/codec/codectest"
	"relay/codec/ogg"
)

// cut pushes b through a Framer in portions and returns the units.
func cut(b []byte, portion func() int) (list []codec.Unit, f *ogg.Framer) {
	f = ogg.NewFramer()
	return codectest.Cut(f, b, portion), f
}

func whole() int { return 1 << 30 }

// units returns the units of a stream.
func units(t testing.TB, b []byte) []codec.Unit {
	t.Helper()
	list, f := cut(b, whole)
	if f.Err() != nil {
		t.Fatal(f.Err())
	}
	return list
}

// file returns a file of testdata.
func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".ogg"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A sample is a file of testdata.
type sample struct {
	name   string
	codec  codec.Codec
	rate   int
	ch     int
	length time.Duration
	tags   codec.Tags
}

var files = []sample{
	{"opus-ffmpeg-1", ogg.Opus, 48000, 2, 1010 * time.Millisecond, codec.Tags{Artist: "Artist", Title: "One"}},
	{"opus-ffmpeg-2", ogg.Opus, 48000, 2, 1330 * time.Millisecond, codec.Tags{Title: "Two"}},
	{"opus-mono", ogg.Opus, 48000, 1, 700 * time.Millisecond, codec.Tags{}},
	{"opus-opusenc", ogg.Opus, 48000, 2, 1200 * time.Millisecond, codec.Tags{Artist: "Artist", Title: "Opus tools"}},
	{"opus-surround", ogg.Opus, 48000, 6, 500 * time.Millisecond, codec.Tags{}},
	{"vorbis-ffmpeg-1", ogg.Vorbis, 44100, 2, 1010 * time.Millisecond, codec.Tags{Artist: "Artist", Title: "One"}},
	{"vorbis-ffmpeg-2", ogg.Vorbis, 44100, 2, 1330 * time.Millisecond, codec.Tags{Title: "Two"}},
	{"vorbis-oggenc", ogg.Vorbis, 44100, 2, 1200 * time.Millisecond, codec.Tags{Artist: "Artist", Title: "Vorbis tools"}},
	{"vorbis-mono", ogg.Vorbis, 22050, 1, time.Second, codec.Tags{}},
	{"flac-ffmpeg-1", ogg.FLAC, 44100, 1, 600 * time.Millisecond, codec.Tags{Artist: "Artist", Title: "One"}},
	{"flac-ffmpeg-2", ogg.FLAC, 44100, 1, 700 * time.Millisecond, codec.Tags{Title: "Two"}},
	{"flac-flac", ogg.FLAC, 44100, 1, 500 * time.Millisecond, codec.Tags{Artist: "Artist", Title: "FLAC tools"}},
	{"flac-stereo", ogg.FLAC, 48000, 2, 500 * time.Millisecond, codec.Tags{}},
}

func sum(list []codec.Unit) (d time.Duration) {
	for _, u := range list {
		d += u.Length
	}
	return d
}

// near reports whether a stream of length got may be one of length want: an encoder
// fills the last packet, and the first one may be a little longer than what is heard.
func near(got, want time.Duration) bool {
	return got > want-30*time.Millisecond && got < want+70*time.Millisecond
}

func TestFramer(t *testing.T) {
	for _, s := range files {
		t.Run(s.name, func(t *testing.T) {
			b := file(t, s.name)
			list, f := cut(b, whole)
			if f.Err() != nil || len(list) == 0 {
				t.Fatalf("%d units, error %v", len(list), f.Err())
			}
			for i, u := range list {
				if u.Format.Codec != s.codec || u.Format.SampleRate != s.rate || u.Format.Channels != s.ch {
					t.Fatalf("unit %d is %v", i, u.Format)
				}
				if (u.Tags != nil) != (i == 0) || u.Gap != (i == 0) {
					t.Errorf("unit %d: tags %v, gap %v", i, u.Tags, u.Gap)
				}
				if u.Length <= 0 || u.Length > 205*time.Millisecond || u.BitRate != 0 {
					t.Errorf("unit %d: %v, %d bit/s", i, u.Length, u.BitRate)
				}
				checkPages(t, u.Data)
			}
			if *list[0].Tags != s.tags {
				t.Errorf("tags %+v, want %+v", *list[0].Tags, s.tags)
			}
			if !near(sum(list), s.length) {
				t.Errorf("%v long, want %v", sum(list), s.length)
			}
			if st := f.Stats(); st.Garbage != 0 || st.Resyncs != 0 || st.Units != int64(len(list)) || st.Tags == 0 {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

// However the bytes are written, the units are the same.
func TestPortionsDoNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range files {
		b := file(t, s.name)
		b = join([]byte("ID3\x04\x00\x00\x00\x00\x00\x05hello"), b, b[:len(b)-100], []byte("OggS garbage"), b)
		want, wantFramer := cut(b, whole)
		for i := range 20 {
			portion := func() int { return 1 + r.IntN(1<<(i%12)) }
			got, f := cut(b, portion)
			if f.Stats() != wantFramer.Stats() || len(got) != len(want) {
				t.Fatalf("%s: %+v, want %+v", s.name, f.Stats(), wantFramer.Stats())
			}
			for i, u := range got {
				w := want[i]
				if !bytes.Equal(u.Data, w.Data) || u.Gap != w.Gap || u.Format != w.Format || u.Length != w.Length || (u.Tags == nil) != (w.Tags == nil) {
					t.Fatalf("%s: unit %d differs", s.name, i)
				}
			}
		}
	}
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// pages returns the pages of a stream.
func pages(t testing.TB, b []byte) (list [][]byte) {
	t.Helper()
	for len(b) > 0 {
		n := ogg.PageSize(b)
		if n <= 0 || n > len(b) {
			t.Fatalf("no page: %q", b[:min(len(b), 20)])
		}
		list = append(list, b[:n])
		b = b[n:]
	}
	return list
}

func checkPages(t testing.TB, b []byte) {
	t.Helper()
	for _, p := range pages(t, b) {
		if !ogg.IsIntact(p) {
			t.Fatal("a page has a wrong CRC")
		}
	}
}

// editPage returns a copy of a page, changed, with a right CRC.
func editPage(p []byte, edit func(p []byte)) []byte {
	p = bytes.Clone(p)
	edit(p)
	ogg.SetCRC(p)
	return p
}

// edit changes every page of a stream.
func edit(t testing.TB, b []byte, change func(i int, p []byte)) []byte {
	t.Helper()
	var out []byte
	for i, p := range pages(t, b) {
		out = append(out, editPage(p, func(p []byte) { change(i, p) })...)
	}
	return out
}

// stream makes pages of packets: per page at most so many segments.
func repage(t testing.TB, b []byte, perPage int) []byte {
	t.Helper()
	all := pages(t, b)
	var out []byte
	var packets [][]byte
	var current []byte
	headers := len(pages(t, b))
	for i, p := range all {
		if binary.LittleEndian.Uint64(p[6:]) != 0 {
			headers = i
			break
		}
	}
	for _, p := range all[:headers] {
		out = append(out, p...)
	}
	serial := binary.LittleEndian.Uint32(all[0][14:])
	for _, p := range all[headers:] {
		at := 27 + int(p[26])
		for _, lacing := range p[27 : 27+int(p[26])] {
			current = append(current, p[at:at+int(lacing)]...)
			at += int(lacing)
			if lacing < 255 {
				packets = append(packets, current)
				current = nil
			}
		}
	}
	var table, body []byte
	sequence, continued := uint32(headers), byte(0)
	flush := func() {
		p := append([]byte("OggS\x00"), continued)
		p = binary.LittleEndian.AppendUint64(p, 1<<63-1) // the end of time
		p = binary.LittleEndian.AppendUint32(p, serial)
		p = binary.LittleEndian.AppendUint32(p, sequence)
		p = append(p, 0, 0, 0, 0, byte(len(table)))
		p = append(append(p, table...), body...)
		ogg.SetCRC(p)
		out = append(out, p...)
		continued = 0
		if table[len(table)-1] == 255 {
			continued = 1
		}
		table, body = nil, nil
		sequence++
	}
	for _, packet := range packets {
		for {
			if len(table) == perPage {
				flush()
			}
			n := min(len(packet), 255)
			table, body = append(table, byte(n)), append(body, packet[:n]...)
			packet = packet[n:]
			if n < 255 {
				break
			}
		}
	}
	if len(table) > 0 {
		flush()
	}
	return out
}

// hashes returns the hash of each unit.
func hashes(list []codec.Unit) (sums []uint64) {
	for _, u := range list {
		var h maphash.Hash
		h.SetSeed(seed)
		u.Format.Codec.Hash(&h, u)
		sums = append(sums, h.Sum64())
	}
	return sums
}

var seed = maphash.MakeSeed()

// Any division into pages and any granule positions give the same audio.
func TestRepagination(t *testing.T) {
	for _, s := range files {
		b := file(t, s.name)
		want := units(t, b)
		for _, perPage := range []int{1, 2, 3, 7, 30, 255} {
			got, f := cut(repage(t, b, perPage), whole)
			if f.Err() != nil || sum(got).Round(time.Millisecond) != sum(want).Round(time.Millisecond) || f.Stats().Garbage != 0 {
				t.Fatalf("%s with %d segments: %v long, want %v; %v, %+v", s.name, perPage, sum(got), sum(want), f.Err(), f.Stats())
			}
			for _, u := range got {
				checkPages(t, u.Data)
			}
		}
	}
}

// Units are the same from wherever reading begins, and if a splicer's output is read.
func TestHashIsStable(t *testing.T) {
	for _, s := range files {
		for _, perPage := range []int{0, 1, 5, 255} {
			b := file(t, s.name)
			if perPage > 0 {
				b = repage(t, b, perPage)
			}
			all := pages(t, b)
			want := hashes(units(t, b))
			var a codec.Assembler
			var again []byte
			for _, u := range units(t, join(b, b))[1:] { // not from the first: other frame numbers
				u.Tags = nil
				again = a.Append(again, u, codec.Tags{})
			}
			if got := hashes(units(t, again)); !equalHashes(got, append(want[1:len(want):len(want)], want...)) {
				t.Errorf("%s with %d segments: not the same after a splicer", s.name, perPage)
			}
			headers := 2
			if s.codec == ogg.Vorbis && perPage > 0 || s.name == "flac-flac" || s.name == "flac-stereo" {
				headers = 0
				for headers < len(all) && binary.LittleEndian.Uint64(all[headers][6:]) == 0 {
					headers++
				}
			}
			for from := headers + 1; from < len(all); from++ {
				got := hashes(units(t, join(bytes.Join(all[:headers], nil), bytes.Join(all[from:], nil))))
				if len(got) == 0 && from == len(all)-1 {
					continue
				}
				if len(got) > len(want) || !equalHashes(got, want[len(want)-len(got):]) {
					t.Errorf("%s with %d segments: not the same from page %d", s.name, perPage, from)
				}
			}
		}
	}
}

func equalHashes(a, b []uint64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// gaps says where the units of a stream have a Gap or Tags.
func gaps(list []codec.Unit) string {
	var s strings.Builder
	for _, u := range list {
		if u.Tags != nil {
			s.WriteString("#")
		}
		if u.Gap {
			s.WriteString("|")
		}
		s.WriteString(".")
	}
	return s.String()
}
