package mp3_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	tcolgate "github.com/tcolgate/mp3"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
)

// load returns the frames of a file in testdata.
func load(t testing.TB, name string) []mp3.Frame {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".mp3"))
	if err != nil {
		t.Fatal(err)
	}
	list, _ := cut(b, len(b))
	return list
}

var encoderOutputs = []string{
	"cbr-128-44100-stereo", "vbr-xing-44100-stereo", "cbr-32-22050-mono",
	"cbr-16-8000-mono", "crc-96-48000-stereo", "tags-64-44100-stereo", "cbr-224-44100-stereo",
}

// After a cut, no frame depends on bytes that a decoder does not have: a decoder has
// the bytes that the frame before asked for, and that frame's own. Sizes stay the same,
// and nothing changes once the Splicer is settled.
func TestSplicerMutesOnlyWhatLeansOnMissingBytes(t *testing.T) {
	for _, name := range encoderOutputs {
		t.Run(name, func(t *testing.T) {
			list := load(t, name)
			muted, slowest := 0, 0
			for start := range list {
				var s mp3.Splicer
				have := 0
				for i, f := range list[start:] {
					f.Gap = false
					wasSettled := s.Settled()
					out := s.Pass(f)
					h, ok := mp3.ParseHeader(out)
					passed := mp3.Frame{Header: h, Data: out}
					if !ok || h != f.Header || len(out) != f.Size || passed.MainDataBegin() > have {
						t.Fatalf("frame %d after a cut at %d leans on %d bytes of %d", i, start, passed.MainDataBegin(), have)
					}
					if !bytes.Equal(out, f.Data) {
						muted++
						if wasSettled || f.MainDataBegin() <= have {
							t.Fatalf("frame %d after a cut at %d was muted without need", i, start)
						}
						if !bytes.Equal(out[f.MainData():], f.Data[f.MainData():]) {
							t.Fatal("the main data of a muted frame were changed")
						}
					}
					if !wasSettled {
						slowest = max(slowest, i)
					}
					have = passed.MainDataBegin() + f.Size - f.MainData()
				}
			}
			if muted == 0 {
				t.Error("no frame of this file leans on another: it proves nothing")
			}
			t.Logf("%.2f frames are muted after a cut, all is settled after %d at most", float64(muted)/float64(len(list)), slowest)
		})
	}
}

// Whole frames are missing without notice, and the next frame needs more bytes than the
// last one left.
func TestSplicerSeesCutsNobodyAnnounced(t *testing.T) {
	settled := func() *mp3.Splicer {
		var s mp3.Splicer
		for n := range uint64(10) {
			s.Pass(mp3.Frame{Header: mpeg2, Data: frametest.Numbered(mpeg2, n)})
		}
		if !s.Settled() {
			t.Fatal("not settled after ten frames")
		}
		return &s
	}
	f := leaning(mpeg2)
	if need, left := f.MainDataBegin(), mpeg2.Size-mpeg2.MainData(); need <= left {
		t.Fatalf("the frame leans on %d bytes, %d are left", need, left)
	}
	if bytes.Equal(settled().Pass(f), f.Data) {
		t.Error("a frame was passed that leans on more than the last one left")
	}
	f = leaning(frametest.Header(64000, 24000, 2))
	s := settled()
	if bytes.Equal(s.Pass(f), f.Data) || s.Settled() {
		t.Error("a frame was passed that leans on frames of another format")
	}
}

// leaning returns a frame of format h that needs as many earlier bytes as possible.
func leaning(h mp3.Header) mp3.Frame {
	f := mp3.Frame{Header: h, Data: mp3.Silence(h)}
	at := mp3.HeaderSize
	if h.Protected {
		at += 2
	}
	f.Data[at] = 0xff
	if h.Version == tcolgate.MPEG1 {
		f.Data[at+1] = 0x80
	}
	return f
}

func TestGapIsACut(t *testing.T) {
	list := load(t, "cbr-128-44100-stereo")
	var s mp3.Splicer
	for _, f := range list[:50] {
		f.Gap = false
		s.Pass(f)
	}
	for _, f := range list[60:] {
		if f.MainDataBegin() == 0 {
			continue
		}
		f.Gap = true
		if bytes.Equal(s.Pass(f), f.Data) {
			t.Error("a frame that leans on lost bytes was passed as it is")
		}
		return
	}
}

// Whatever the frames are, no frame comes out that is torn, or that needs bytes that
// decoders do not have. ops has two bits a frame: pass it, cut before it, add silence
// before it, or skip it.
func FuzzSplicer(f *testing.F) {
	f.Add(join(numbers(stereo128, 1, 4), numbers(mpeg2, 5, 8)), uint64(0b11001001))
	f.Fuzz(func(t *testing.T, b []byte, ops uint64) {
		list, _ := cut(b, len(b)+1)
		var s mp3.Splicer
		var reservoir model
		check := func(out []byte, format mp3.Header) {
			h, ok := mp3.ParseHeader(out)
			if !ok || h.Size != len(out) || h.Version != format.Version || h.SampleRate != format.SampleRate || h.Channels != format.Channels {
				t.Fatalf("%+v in a stream of %+v", h, format)
			}
			if _, ok := reservoir.take(mp3.Frame{Header: h, Data: out}); !ok {
				t.Fatal("a frame needs bytes that decoders do not have")
			}
		}
		var last mp3.Header
		for i, fr := range list {
			switch ops >> (i % 32 * 2) & 3 {
			case 1:
				s.Cut()
				reservoir = nil
			case 2:
				if silence := s.Silence(); i > 0 {
					check(silence, last)
				}
			case 3:
				s.Skip(fr)
				last = fr.Header
				continue
			}
			if fr.Gap {
				reservoir = nil
			}
			intact := s.Intact(fr)
			out := s.Pass(fr)
			if bytes.Equal(out, fr.Data) && !intact {
				t.Fatalf("frame %d was passed as it is, though it is not intact", i)
			}
			check(out, fr.Header)
			last = fr.Header
		}
	})
}

func BenchmarkSplicer(b *testing.B) {
	list := load(b, "cbr-128-44100-stereo")
	for i := range list {
		list[i].Gap = false
	}
	var s mp3.Splicer
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range list {
			s.Pass(f)
		}
	}
}
