package frames_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/tcolgate/mp3"

	"relay/frames"
	"relay/frames/frametest"
)

// load returns the frames of a file in testdata.
func load(t testing.TB, name string) []frames.Frame {
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
	"cbr-16-8000-mono", "crc-96-48000-stereo", "tags-64-44100-stereo",
}

// After any cut no frame leans on bytes that a decoder does not have: those the
// frame before asked for, and its own. The sizes stay, and once settled nothing
// is changed.
func TestSplicerMutesOnlyWhatLeansOnMissingBytes(t *testing.T) {
	for _, name := range encoderOutputs {
		t.Run(name, func(t *testing.T) {
			list := load(t, name)
			muted, slowest := 0, 0
			for start := range list {
				var s frames.Splicer
				have := 0
				for i, f := range list[start:] {
					f.Gap = false
					wasSettled := s.Settled()
					out := s.Pass(f)
					h, ok := frames.ParseHeader(out)
					passed := frames.Frame{Header: h, Data: out}
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

// Whole frames are missing and nobody knew, but what the last one left is not
// what the next one leans on.
func TestSplicerSeesCutsNobodyAnnounced(t *testing.T) {
	settled := func() *frames.Splicer {
		var s frames.Splicer
		for n := range uint64(10) {
			s.Pass(frames.Frame{Header: mpeg2, Data: frametest.Numbered(mpeg2, n)})
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

// leaning returns a frame of format h that leans as far back as it can.
func leaning(h frames.Header) frames.Frame {
	f := frames.Frame{Header: h, Data: frames.Silence(h)}
	at := frames.HeaderSize
	if h.Protected {
		at += 2
	}
	f.Data[at] = 0xff
	if h.Version == mp3.MPEG1 {
		f.Data[at+1] = 0x80
	}
	return f
}

func TestGapIsACut(t *testing.T) {
	list := load(t, "cbr-128-44100-stereo")
	var s frames.Splicer
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

func FuzzSplicer(f *testing.F) {
	f.Add(join(numbers(stereo128, 1, 4), numbers(mpeg2, 5, 8)), uint64(0b1010))
	f.Fuzz(func(t *testing.T, b []byte, cuts uint64) {
		list, _ := cut(b, len(b)+1)
		var s frames.Splicer
		have := 0
		for i, fr := range list {
			if cuts>>(i%64)&1 == 1 {
				s.Cut()
				have = 0
			}
			if fr.Gap {
				have = 0
			}
			out := s.Pass(fr)
			h, ok := frames.ParseHeader(out)
			if !ok || h != fr.Header || h.Size != len(out) {
				t.Fatalf("frame %d is torn", i)
			}
			leans := (frames.Frame{Header: h, Data: out}).MainDataBegin()
			if leans > have {
				t.Fatalf("frame %d leans on %d bytes of %d", i, leans, have)
			}
			if !bytes.Equal(out[h.MainData():], fr.Data[h.MainData():]) {
				t.Fatalf("the main data of frame %d were changed", i)
			}
			have = leans + fr.Size - fr.MainData()
		}
	})
}

func BenchmarkSplicer(b *testing.B) {
	list := load(b, "cbr-128-44100-stereo")
	for i := range list {
		list[i].Gap = false
	}
	var s frames.Splicer
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range list {
			s.Pass(f)
		}
	}
}
