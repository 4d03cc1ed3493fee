package mounts

import (
	"bytes"
	"runtime"
	"sync"
	"testing"
	"weak"

	"relay/codec"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
)

// bytesOf returns a burst of a size.
func bytesOf(size conf.Size) conf.Burst { return conf.Burst{Size: size} }

// keeping is for a stream that keeps a burst of a size.
func keeping(size conf.Size) kept { return kept{bytesOf(size), 512 << 10} }

var header128 = frametest.Header(128000, 44100, 2)

func numbered(n uint64) codec.Unit {
	return mp3.Frame{Header: header128, Data: frametest.Numbered(header128, n)}.Unit()
}

// drain reads everything up to the end and returns the numbers of the frames.
func drain(t testing.TB, first []byte, c *Cursor) []uint64 {
	t.Helper()
	audio := bytes.Clone(first)
	for b := c.Next(); len(b) > 0; b = c.Next() {
		audio = append(audio, b...)
		c.Advance(len(b))
	}
	var numbers []uint64
	for len(audio) > 0 {
		h, ok := mp3.ParseHeader(audio)
		if !ok || h.Size > len(audio) {
			t.Fatalf("torn frame with %d bytes to go", len(audio))
		}
		if n, ok := frametest.Number(audio[:h.Size]); ok {
			numbers = append(numbers, n)
		}
		audio = audio[h.Size:]
	}
	return numbers
}

func TestReaderGetsEveryFrameOnce(t *testing.T) {
	s := newStream(keeping(64 << 10))
	cursor, first, _ := s.Join(bytesOf(64<<10), nil)
	const frames = 1000 // a dozen chunks
	for n := range uint64(frames) {
		s.append(numbered(n), nil)
	}
	got := drain(t, first, &cursor)
	if len(got) != frames {
		t.Fatalf("%d frames of %d", len(got), frames)
	}
	for i, n := range got {
		if n != uint64(i) {
			t.Fatalf("frame %d at place %d", n, i)
		}
	}
	if cursor.Offset() != s.End() {
		t.Errorf("cursor at %d of %d", cursor.Offset(), s.End())
	}
}

func TestJoinLandsOnAFrameABurstBack(t *testing.T) {
	for _, burst := range []conf.Size{0, minBurst, 16 << 10, 64 << 10} {
		s := newStream(keeping(64 << 10))
		for n := range uint64(1000) {
			s.append(numbered(n), nil)
		}
		cursor, first, _ := s.Join(bytesOf(burst), nil)
		got := drain(t, first, &cursor)
		size, want := int64(len(got)*header128.Size), int64(max(burst, minBurst))
		if size > want || size < want-2*int64(header128.Size) {
			t.Errorf("burst of %d bytes is %d long", burst, size)
		}
		if got[len(got)-1] != 999 {
			t.Errorf("burst of %d bytes ends at frame %d", burst, got[len(got)-1])
		}
	}
}

func TestStreamForgetsWhatNoNewReaderNeeds(t *testing.T) {
	s := newStream(keeping(64 << 10))
	for n := range uint64(5000) {
		s.append(numbered(n), nil)
	}
	kept := 0
	for c := s.head.Load(); c != nil; c = c.next.Load() {
		kept++
	}
	if kept > 4 { // 64 KiB in 32 KiB chunks, one begun, one part used
		t.Errorf("%d chunks are kept", kept)
	}
}

func TestTitlesBelongToPlacesInTheStream(t *testing.T) {
	s := newStream(keeping(64 << 10))
	early, _, _ := s.Join(bytesOf(64<<10), nil)
	for n := range uint64(10) {
		s.append(numbered(n), nil)
	}
	s.mark(LiveSource, Title{Text: "second"}, 0)
	for n := range uint64(10) {
		s.append(numbered(n), nil)
	}
	shown := func(c *Cursor) string {
		m := c.Block()
		if m == nil {
			return "nothing new"
		}
		c.Shown(m)
		return m.Text
	}
	if got := shown(&early); got != "" {
		t.Errorf("at the start: %q", got)
	}
	early.Next()
	early.Advance(9 * header128.Size)
	if got := shown(&early); got != "nothing new" {
		t.Errorf("before the title's place: %q", got)
	}
	early.Advance(header128.Size)
	if got := shown(&early); got != "second" {
		t.Errorf("at the title's place: %q", got)
	}
	if got := shown(&early); got != "nothing new" {
		t.Errorf("shown again: %q", got)
	}
	for n := range uint64(1000) { // far beyond the burst
		s.append(numbered(n), nil)
	}
	late, _, _ := s.Join(bytesOf(16<<10), nil)
	if got := shown(&late); got != "second" {
		t.Errorf("a newcomer sees %q", got)
	}
}

// One writer and many readers that join at any time, for the race detector.
func TestReadersWhileTheStreamGrows(t *testing.T) {
	s := newStream(keeping(16 << 10))
	const total = 5000
	var readers sync.WaitGroup
	for range 20 {
		readers.Go(func() {
			cursor, first, _ := s.Join(bytesOf(16<<10), nil)
			var last uint64
			for {
				ended := s.Ended()
				got := drain(t, first, &cursor)
				first = nil
				for _, n := range got {
					if last != 0 && n != last+1 {
						t.Errorf("frame %d after %d", n, last)
						return
					}
					last = n
				}
				cursor.Block()
				if ended {
					break
				}
			}
			if last != total {
				t.Errorf("ended at frame %d", last)
			}
		})
	}
	for n := uint64(1); n <= total; n++ {
		s.append(numbered(n), nil)
		if n%100 == 0 {
			s.mark(LiveSource, Title{Text: "title"}, 0)
		}
	}
	s.close()
	readers.Wait()
}

func TestRestOfUnit(t *testing.T) {
	s := newStream(keeping(64 << 10))
	for n := range uint64(10) {
		s.append(numbered(n), nil)
	}
	c, _, _ := s.Join(bytesOf(64<<10), nil)
	c.Next()
	for _, tt := range []struct{ at, rest int }{{0, 0}, {1, header128.Size - 1}, {header128.Size - 1, 1}, {header128.Size, 0}, {header128.Size + 100, header128.Size - 100}} {
		c.at = int64(tt.at)
		if got := len(c.RestOfUnit()); got != tt.rest {
			t.Errorf("at %d: %d bytes, want %d", tt.at, got, tt.rest)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	s := newStream(keeping(64 << 10))
	f := numbered(1)
	b.ReportAllocs()
	b.SetBytes(int64(len(f.Data)))
	for b.Loop() {
		s.append(f, nil)
	}
}

func BenchmarkJoin(b *testing.B) {
	s := newStream(keeping(64 << 10))
	for n := range uint64(1000) {
		s.append(numbered(n), nil)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Join(bytesOf(64<<10), nil)
	}
}

// A reader without metadata does not keep the titles in memory that were played since
// it joined.
func TestReaderWithoutTitlesHoldsNone(t *testing.T) {
	s := newStream(keeping(0))
	s.append(numbered(0), nil)
	c, _, _ := s.Join(bytesOf(0), nil)
	c.IgnoreTitles()
	s.mark(LiveSource, Title{Text: "long gone"}, 0)
	gone := weak.Make(s.lastTitle)
	for n := range uint64(4 * chunkBytes / header128.Size) {
		s.append(numbered(n), nil)
		s.mark(LiveSource, Title{Text: "another"}, 0)
		for b := c.Next(); len(b) > 0; b = c.Next() {
			c.Advance(len(b))
		}
		if c.Block() != nil {
			t.Fatal("a title is shown")
		}
	}
	runtime.GC()
	if gone.Value() != nil {
		t.Error("the first title is still held")
	}
	runtime.KeepAlive(c)
	runtime.KeepAlive(s)
}

// Titles without audio after them do not pile up, and a reader that stands at one of
// them gets the last one.
func TestTitlesWithoutSoundReplaceEachOther(t *testing.T) {
	for _, played := range []int{0, 1} {
		s := newStream(keeping(0))
		for n := range played {
			s.mark(LiveSource, Title{Text: "before"}, 0)
			s.append(numbered(uint64(n)), nil)
		}
		at := s.Behind(0)
		for _, more := at.NextUnit(); more; _, more = at.NextUnit() {
		}
		s.mark(LiveSource, Title{Text: "first"}, 0)
		at.Shown(at.Block())
		s.mark(LiveSource, Title{Text: "second"}, 0)
		gone := weak.Make(s.lastTitle)
		s.mark(LiveSource, Title{Text: "third"}, 0)
		if mark := at.Block(); mark == nil || mark.Text != "third" {
			t.Errorf("after %d frames a reader sees %v", played, mark)
		}
		marks := 0
		for mark := s.title.Load(); mark != nil; mark = mark.next.Load() {
			marks++
		}
		if marks != played+1 {
			t.Errorf("after %d frames there are %d marks", played, marks)
		}
		at.IgnoreTitles()
		runtime.GC()
		if gone.Value() != nil {
			t.Errorf("after %d frames a title that nobody hears is held", played)
		}
		runtime.KeepAlive(s)
	}
}
