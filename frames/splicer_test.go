package frames_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"relay/frames"
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

// After any cut no frame leans on bytes that were not passed since, the sizes
// stay, and once settled nothing is changed.
func TestSplicerMutesOnlyWhatLeansOnMissingBytes(t *testing.T) {
	for _, name := range encoderOutputs {
		t.Run(name, func(t *testing.T) {
			list := load(t, name)
			mutedAtAll := false
			for start := range list {
				var s frames.Splicer
				have := 0
				for i, f := range list[start:] {
					f.Gap = false
					wasSettled := s.Settled()
					out := s.Pass(f)
					h, ok := frames.ParseHeader(out)
					passed := frames.Frame{Header: h, Data: out}
					if !ok || len(out) != f.Size || passed.MainDataBegin() > have {
						t.Fatalf("frame %d after a cut at %d leans on %d bytes of %d", i, start, passed.MainDataBegin(), have)
					}
					if !bytes.Equal(out, f.Data) {
						mutedAtAll = true
						if wasSettled || f.MainDataBegin() <= have {
							t.Fatalf("frame %d after a cut at %d was muted without need", i, start)
						}
						if !bytes.Equal(out[f.MainData():], f.Data[f.MainData():]) {
							t.Fatal("the main data of a muted frame were changed")
						}
					}
					have += f.Size - f.MainData()
				}
			}
			if !mutedAtAll {
				t.Error("no frame of this file leans on another: it proves nothing")
			}
		})
	}
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
			if !ok || h.Size != len(out) {
				t.Fatalf("frame %d is torn", i)
			}
			if leans := (frames.Frame{Header: h, Data: out}).MainDataBegin(); leans > have {
				t.Fatalf("frame %d leans on %d bytes of %d", i, leans, have)
			}
			have += fr.Size - fr.MainData()
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
