package ogg_test

import (
	"bytes"
	"encoding/binary"
	"os/exec"
	"strings"
	"testing"
	"time"

	"relay/codec"
	"relay/codec/codectest"
	"relay/codec/ogg"
)

// A sequence is what is played, as one step after the other.
type sequence struct {
	t       testing.TB
	splicer codec.Splicer
	link    codec.Link
	data    []byte
	length  time.Duration
	heads   int
}

func play(t testing.TB, c codec.Codec) *sequence { return &sequence{t: t, splicer: c.NewSplicer()} }

func (s *sequence) out(b []byte) {
	if link := s.splicer.Link(); link != s.link {
		s.link = link
		s.heads++
		s.data = append(s.data, link.Head(codec.Tags{Artist: "Ä", Title: "Ö"})...)
	}
	s.data = append(s.data, b...)
}

// joined plays units without their tags.
func (s *sequence) joined(list []codec.Unit) *sequence {
	for _, u := range list {
		u.Tags = nil
		s.out(s.splicer.Pass(u))
		s.length += u.Length
	}
	return s
}

// chained plays units with their tags.
func (s *sequence) chained(list []codec.Unit) *sequence {
	for _, u := range list {
		s.out(s.splicer.Pass(u))
		s.length += u.Length
	}
	return s
}

func (s *sequence) silence(n int) *sequence {
	for range n {
		u, ok := s.splicer.Silence()
		if !ok || u.Length <= 0 {
			s.t.Fatalf("no silence (%v)", u.Length)
		}
		s.length += u.Length
		s.out(u.Data)
	}
	return s
}

func (s *sequence) check(t *testing.T, heads int) {
	t.Helper()
	if s.heads != heads {
		t.Errorf("%d links, want %d", s.heads, heads)
	}
	checkStream(t, s.data)
}

// checkStream checks that each link of a stream has ascending page numbers and granule
// positions.
func checkStream(t testing.TB, b []byte) {
	t.Helper()
	var serial, sequence uint32
	var granule uint64
	for i, p := range pages(t, b) {
		if !ogg.IsIntact(p) {
			t.Fatalf("page %d has a wrong CRC", i)
		}
		flags, g := p[5], binary.LittleEndian.Uint64(p[6:])
		s, n := binary.LittleEndian.Uint32(p[14:]), binary.LittleEndian.Uint32(p[18:])
		if flags&2 != 0 {
			if i > 0 && s == serial {
				t.Fatalf("page %d begins a link with the same serial", i)
			}
			serial, sequence, granule = s, 0, 0
		}
		if s != serial || n != sequence || flags&4 != 0 {
			t.Fatalf("page %d: serial %x, number %d, flags %b; want serial %x, number %d", i, s, n, flags, serial, sequence)
		}
		sequence++
		if g == ^uint64(0) {
			continue
		}
		if g < granule || g > 1<<40 {
			t.Fatalf("page %d: granule position %d after %d", i, g, granule)
		}
		granule = g
	}
}

// pairs are files of equal parameters, from one encoder or two.
var pairs = []struct {
	codec codec.Codec
	a, b  string
}{
	{ogg.Opus, "opus-ffmpeg-1", "opus-ffmpeg-2"},
	{ogg.Opus, "opus-ffmpeg-1", "opus-opusenc"},
	{ogg.Vorbis, "vorbis-ffmpeg-1", "vorbis-ffmpeg-2"},
	{ogg.FLAC, "flac-ffmpeg-1", "flac-ffmpeg-2"},
}

func TestWholeStream(t *testing.T) {
	for _, s := range files {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			var a codec.Assembler
			var data []byte
			for _, u := range units(t, file(t, s.name)) {
				data = a.Append(data, u, s.tags)
			}
			checkStream(t, data)
			again, f := cut(data, whole)
			if len(again) == 0 || *again[0].Tags != s.tags || f.Stats().Garbage > 0 {
				t.Errorf("read again: %d units, %+v", len(again), f.Stats())
			}
			if got := heard(t, data); !near(got, s.length) {
				t.Errorf("ffmpeg hears %v, want %v", got, s.length)
			}
			mustPlay(t, s.codec, data)
		})
	}
}

// Twenty titles of equal parameters are one link.
func TestJoinedTitles(t *testing.T) {
	for _, pair := range pairs {
		t.Run(pair.a+" "+pair.b, func(t *testing.T) {
			t.Parallel()
			titles := bytes.Repeat(join(file(t, pair.a), file(t, pair.b)), 10)
			list := units(t, titles)
			if got := strings.Count(gaps(list), "#"); got != 20 {
				t.Errorf("%d links come in, want 20", got)
			}
			s := play(t, pair.codec).joined(list)
			s.check(t, 1)
			if got := heard(t, s.data); (got - s.length).Abs() > 30*time.Millisecond {
				t.Errorf("ffmpeg hears %v, want %v", got, s.length)
			}
			mustPlay(t, pair.codec, s.data)
			if pair.codec == ogg.FLAC {
				// libFLAC says nothing when it plays silence for samples that it misses.
				out, err := exec.Command(codectest.Program(t, "flac"), "-d", "--ogg", "--silent", "--force-raw-format", "--endian=little", "--sign=signed", "-c", save(t, s.data)).Output()
				if got := time.Duration(len(out)/2) * time.Second / 44100; err != nil || (got-s.length).Abs() > time.Millisecond {
					t.Errorf("flac hears %v, want %v (%v)", got, s.length, err)
				}
			}
		})
	}
}

// With tags, or with other parameters, each title is a link.
func TestChainedTitles(t *testing.T) {
	for _, test := range []struct {
		codec codec.Codec
		names []string
	}{
		{ogg.Opus, []string{"opus-ffmpeg-1", "opus-ffmpeg-2"}},
		{ogg.Vorbis, []string{"vorbis-ffmpeg-1", "vorbis-ffmpeg-2"}},
		{ogg.Opus, []string{"opus-ffmpeg-1", "opus-mono"}},
		{ogg.Vorbis, []string{"vorbis-ffmpeg-1", "vorbis-mono"}},
		{ogg.FLAC, []string{"flac-flac", "flac-stereo"}},
	} {
		a, b := units(t, file(t, test.names[0])), units(t, file(t, test.names[1]))
		s := play(t, test.codec).chained(a).chained(b)
		s.check(t, 2)
		if a[0].Format != b[0].Format {
			play(t, test.codec).joined(a).joined(b).check(t, 2)
			continue
		}
		again := units(t, s.data)
		if want := gaps(a) + "#" + gaps(b)[2:]; gaps(again) != want {
			t.Errorf("%v: read again: %s, want %s", test.names, gaps(again), want)
		}
	}
}

// Silence and skipped units leave no mark.
func TestSilenceAndSkips(t *testing.T) {
	for _, f := range files {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			list := units(t, file(t, f.name))
			s := play(t, f.codec)
			if _, ok := s.splicer.Silence(); ok {
				t.Error("silence before the first unit")
			}
			for i, u := range list {
				if i%3 == 2 {
					s.splicer.Skip(u)
					continue
				}
				s.joined(list[i : i+1]).silence(i % 3)
			}
			s.silence(20).joined(list)
			s.check(t, 1)
			mustPlay(t, f.codec, s.data)
		})
	}
}

// Silence decodes to zeros.
func TestSilenceIsSilent(t *testing.T) {
	for _, f := range files {
		list := units(t, file(t, f.name))
		u, ok := f.codec.Silence(list[0].Format, 64000)
		if !ok || u.Format != list[0].Format || u.Length <= 0 || f.codec.Level(u) != codec.DigitalSilence {
			t.Fatalf("%s: %v %v", f.name, ok, u.Length)
		}
		s := play(t, f.codec)
		for range 30 {
			s.joined([]codec.Unit{u})
		}
		s.silence(5).check(t, 1)
		out := samples(t, s.data)
		if loud := len(bytes.Trim(out, "\x00")); len(out) == 0 || loud > 0 {
			t.Errorf("%s: %d bytes of %d are not silent", f.name, loud, len(out))
		}
		mustPlay(t, f.codec, s.data)
	}
}

// Without a setup there is silence in the usual one.
func TestSilenceOfUsualFormats(t *testing.T) {
	for _, c := range []codec.Codec{ogg.Opus, ogg.FLAC} {
		for channels := 1; channels <= 8; channels++ {
			u, ok := c.Silence(codec.Format{Codec: c, SampleRate: 48000, Channels: channels}, 0)
			if !ok {
				t.Fatalf("%v: no silence with %d channels", c, channels)
			}
			s := play(t, c)
			for range 10 {
				s.joined([]codec.Unit{u})
			}
			if out := samples(t, s.data); len(out) == 0 || len(bytes.Trim(out, "\x00")) > 0 {
				t.Errorf("%v with %d channels is not silent", c, channels)
			}
			mustPlay(t, c, s.data)
			if again := units(t, s.data); again[0].Format != u.Format {
				t.Errorf("%v with %d channels: %v", c, channels, again[0].Format)
			}
		}
	}
	for _, f := range []codec.Format{
		{}, {Codec: ogg.Opus}, {Codec: ogg.Opus, SampleRate: 44100, Channels: 2}, {Codec: ogg.Vorbis, SampleRate: 44100, Channels: 2},
		{Codec: ogg.FLAC, SampleRate: 44100, Channels: 9},
	} {
		for _, c := range []codec.Codec{ogg.Opus, ogg.Vorbis, ogg.FLAC} {
			if _, ok := c.Silence(f, 0); ok {
				t.Errorf("%v has silence in %v", c, f)
			}
		}
	}
}

// A listener that joins in mid-stream gets the head, then units from anywhere.
func TestListenerJoins(t *testing.T) {
	for _, pair := range pairs {
		t.Run(pair.a, func(t *testing.T) {
			t.Parallel()
			s := pair.codec.NewSplicer()
			var list [][]byte
			for range 50 {
				for _, u := range units(t, file(t, pair.a)) {
					u.Tags = nil
					list = append(list, bytes.Clone(s.Pass(u)))
				}
			}
			head := s.Link().Head(codec.Tags{Title: "Late"})
			late := join(head, bytes.Join(list[len(list)-20:], nil))
			for _, d := range decoders {
				if d.name == "ogginfo" || d.name == "flac" {
					continue // they test files, and report that pages are missing
				}
				for _, c := range d.codecs {
					if c == pair.codec {
						if said := d.complaints(t, late); said != "" {
							t.Errorf("%s says:\n%s", d.name, said)
						}
					}
				}
			}
			if again := units(t, late); gaps(again)[:3] != "#|." || len(again) != 20 {
				t.Errorf("read again: %s", gaps(again))
			}
		})
	}
}

// The head has the same number of pages whatever the title is.
func TestHeadIsBounded(t *testing.T) {
	long := string(bytes.Repeat([]byte("é"), 1<<20))
	for _, f := range files {
		s := f.codec.NewSplicer()
		s.Pass(units(t, file(t, f.name))[0])
		link := s.Link()
		want := len(pages(t, link.Head(codec.Tags{})))
		for _, tags := range []codec.Tags{{Title: long}, {Artist: long, Title: long}, {Artist: "\xff\xfe"}} {
			if got := len(pages(t, link.Head(tags))); got != want {
				t.Errorf("%s: %d pages, want %d", f.name, got, want)
			}
		}
		if s.Pass(codec.Unit{}) != nil {
			t.Error("a unit of no format is passed")
		}
	}
}

// The bytes of a unit may be shared.
func TestPassChangesNothing(t *testing.T) {
	for _, f := range files {
		s := f.codec.NewSplicer()
		for _, u := range units(t, file(t, f.name)) {
			before := bytes.Clone(u.Data)
			s.Pass(u)
			if !bytes.Equal(u.Data, before) {
				t.Fatal("Pass changes the unit")
			}
		}
	}
}

// One encoder takes over from another of equal parameters at any unit, and back.
func TestTakeOver(t *testing.T) {
	for _, pair := range pairs {
		t.Run(pair.a+" "+pair.b, func(t *testing.T) {
			t.Parallel()
			a, b := units(t, file(t, pair.a)), units(t, file(t, pair.b))
			s := play(t, pair.codec)
			for turn := range 40 {
				of := a
				if turn%2 == 1 {
					of = b
				}
				from := turn * 7 % len(of)
				s.splicer.Cut()
				s.joined(of[from:min(from+1+turn%3, len(of))])
			}
			s.check(t, 1)
			mustPlay(t, pair.codec, s.data)
		})
	}
}
