package rewind

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// opened reads what a folder has, in another program, which must not change any file.
func (s *studio) opened(t *testing.T) []int {
	t.Helper()
	s.restart()
	before := snapshot(t, s.Store.dir)
	if err := s.ready(); err != nil {
		t.Fatal(err)
	}
	got := s.numbers(t, time.Time{})
	if after := snapshot(t, s.Store.dir); after != before {
		t.Errorf("opening it changes files: from\n%s to\n%s", before, after)
	}
	return got
}

// snapshot returns the contents of all files of a folder.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == timeFile {
			continue
		}
		text, _ := os.ReadFile(filepath.Join(dir, e.Name()))
		fmt.Fprintf(&b, "%s %q\n", e.Name(), text)
	}
	return b.String()
}

// A crash at any byte leaves all segments that were whole before it.
func TestCrashAtEveryByte(t *testing.T) {
	s := newStudio(t)
	s.keep(t, 1, 2)
	r := s.reels[0]
	two := *r
	s.keep(t, 3, 3)
	s.crash()
	audio, _ := os.ReadFile(r.audioPath())
	text, _ := os.ReadFile(r.indexPath())
	at := func(t *testing.T, audioSize, indexSize int64, want []int) {
		t.Helper()
		for path, b := range map[string][]byte{r.audioPath(): audio[:audioSize], r.indexPath(): text[:indexSize]} {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.opened(t); !slices.Equal(got, want) {
			t.Fatalf("after %d bytes of audio and %d of the index there are %v, want %v", audioSize, indexSize, got, want)
		}
	}
	for n := two.audio; n < int64(len(audio)); n += 7 { // while the audio of the third is written
		at(t, n, two.index, upTo(1, 2))
		at(t, n, int64(len(text)), upTo(1, 2)) // a power failure: the disk has the line first
	}
	for n := two.index; n < int64(len(text)); n++ {
		at(t, int64(len(audio)), n, upTo(1, 2))
	}
	at(t, int64(len(audio)), int64(len(text)), upTo(1, 3))
	headEnds := int64(bytes.IndexByte(text, '\n') + 1)
	for n := int64(0); n <= headEnds; n++ {
		at(t, 0, n, nil)
	}
}

// What a power failure leaves of a line or of audio is no segment.
func TestPowerFailure(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(audio, index []byte) (a, x []byte)
		want  []int
	}{
		"zeros for audio": {func(a, x []byte) ([]byte, []byte) { clear(a[2*1000+500:]); return a, x }, upTo(1, 2)},
		"zeros in front":  {func(a, x []byte) ([]byte, []byte) { clear(a[:10]); return a, x }, nil},
		"zeros for lines": {func(a, x []byte) ([]byte, []byte) { clear(x[len(x)-300:]); return a, x }, upTo(1, 2)},
		"a page of zeros behind": {func(a, x []byte) ([]byte, []byte) {
			return append(a, make([]byte, 4096)...), append(x, make([]byte, 4096)...)
		}, upTo(1, 3)},
		"no audio": {func(a, x []byte) ([]byte, []byte) { return nil, x }, nil},
		"no index": {func(a, x []byte) ([]byte, []byte) { return a, nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t)
			s.keep(t, 1, 3)
			r := s.reels[0]
			s.crash()
			audio, _ := os.ReadFile(r.audioPath())
			index, _ := os.ReadFile(r.indexPath())
			a, x := tt.spoil(audio, index)
			for path, b := range map[string][]byte{r.audioPath(): a, r.indexPath(): x} {
				os.Remove(path)
				if b != nil {
					os.WriteFile(path, b, 0o600)
				}
			}
			if got := s.opened(t); !slices.Equal(got, tt.want) {
				t.Errorf("there are %v, want %v", got, tt.want)
			}
			s.keep(t, 4, 5)
			if got := s.numbers(t, time.Time{}); !slices.Equal(got, append(tt.want, 4, 5)) {
				t.Errorf("then there are %v", got)
			}
		})
	}
}

// Files that are none of ours, damaged or from a later version are left alone.
func TestFilesThatAreLeftAlone(t *testing.T) {
	const name = "2026-11-27T09-00-00.000Z-9"
	headed := func(l line) []byte {
		text, err := l.bytes()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, tt := range []struct {
		name, file string
		text       []byte
		says       string
	}{
		{"a later version", name + indexExt, headed(line{Head: &head{Version: 2, Mount: "/live"}}), "warn: a part of the rewind cannot be used and is left alone"},
		{"another mount", name + indexExt, headed(line{Head: &head{Version: 1, Mount: "/other"}}), "warn: a part of the rewind cannot be used and is left alone"},
		{"no index", name + indexExt, []byte("my notes\nof the show\n"), "warn: a part of the rewind cannot be used and is left alone"},
		{"no lines", name + indexExt, bytes.Repeat([]byte("x"), 20_000), "warn: a part of the rewind cannot be used and is left alone"},
		{"another name", "notes.txt", []byte("x"), "warn: files that are not part of the rewind are left alone"},
		{"half a name", "2026-11-27T09-00-00Z-9.audio", []byte("x"), "warn: files that are not part of the rewind are left alone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStudio(t)
			s.keep(t, 1, 3)
			s.restart()
			path := filepath.Join(s.Store.dir, tt.file)
			os.WriteFile(path, tt.text, 0o600)
			if got := s.opened(t); !slices.Equal(got, upTo(1, 3)) {
				t.Errorf("there are %v", got)
			}
			if said := s.said(); !slices.Equal(said, []string{tt.says}) {
				t.Errorf("the log says %q", said)
			}
			s.Limit(time.Nanosecond, 1)
			s.hand.day = began.AddDate(1, 0, 0)
			s.tidy()
			if text, err := os.ReadFile(path); err != nil || !bytes.Equal(text, tt.text) {
				t.Errorf("the file is gone: %v", err)
			}
		})
	}
}

// A line that cannot be read costs its segment.
func TestDamagedLine(t *testing.T) {
	s := newStudio(t)
	s.keep(t, 1, 3)
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	path := s.reels[0].indexPath()
	text, _ := os.ReadFile(path)
	lines := bytes.SplitAfter(text, []byte("\n"))
	lines[2][40] ^= 1
	os.WriteFile(path, bytes.Join(lines, nil), 0o600)
	if got := s.opened(t); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("there are %v", got)
	}
	os.WriteFile(path, bytes.Join(lines[:len(lines)-2], nil), 0o600) // without the end
	if got := s.opened(t); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("without the end there are %v", got)
	}
	if said := s.said(); !slices.Equal(said, []string{"warn: a part of the rewind is damaged"}) {
		t.Errorf("the log says %q", said)
	}
}

func FuzzIndex(f *testing.F) {
	one := numbered(10)
	for _, l := range []line{
		{Head: &head{Version: 1, Mount: "/live", Number: 10}}, {Segment: writtenOf(&one)}, {End: &end{Segments: 1}}, {},
	} {
		text, err := l.bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(text[9:])
	}
	first, err := line{Head: &head{Version: 1, Mount: "/live"}}.bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		summed := append(slices.Clone(first), sum(text)...) // so that something comes behind the checksum
		for _, text := range [][]byte{text, summed} {
			x := parseIndex(text)
			last := int64(0)
			for i := range x.segments {
				one := &x.segments[i]
				if one.at < last || one.size == 0 || one.size > maxSegment || one.length <= 0 || one.length > maxLength || one.run.format.Codec == nil || i > 0 && one.number <= x.segments[i-1].number {
					t.Fatalf("segment %d is %+v", i, one)
				}
				last = one.at + int64(one.size)
			}
		}
	})
}

// sum gives each line its checksum.
func sum(text []byte) (lines []byte) {
	for b := range bytes.Lines(text) {
		b = bytes.TrimSuffix(b, []byte("\n"))
		lines = fmt.Appendf(lines, "%08x %s\n", checksum(b), b)
	}
	return lines
}
