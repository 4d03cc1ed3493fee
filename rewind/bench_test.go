package rewind

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/internal/clock"
)

const (
	perReel = 100
	size128 = 96_000 // of a segment at 128 kbit/s
)

// shelved makes the files of a store that has run for so many reels. Their audio is a
// hole, unless it is given.
func shelved(t testing.TB, dir string, reels int, audio []byte) *Store {
	t.Helper()
	dir = filepath.Join(dir, "rewind")
	s := NewShelf(clock.New(zap.NewNop()), zap.NewNop()).Store(dir, "/live")
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	must := func(text []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for i := range reels {
		first := i * perReel
		one := numbered(first)
		text := must(s.headOf(&one).bytes())
		for n := range perReel {
			one = numbered(first + n)
			w := writtenOf(&one)
			w.At, w.Size = int64(n*size128), size128
			text = append(text, must(line{Segment: w}.bytes())...)
		}
		text = append(text, must(line{End: &end{Segments: perReel, Audio: perReel * size128, Length: int64(perReel * six), Number: one.Number, Ended: one.Ended().UnixMilli()}}.bytes())...)
		path := filepath.Join(s.dir, reelName(at(first, 0), int64(i+1)))
		if err := os.WriteFile(path+indexExt, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+audioExt, bytes.Repeat(audio, perReel), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path+audioExt, perReel*size128); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(s.leave)
	return s
}

// A day costs little memory, also when there is a cursor in each of its reels. A week is
// seven times that.
func TestMemoryOfADay(t *testing.T) {
	const reels = 24 * 6
	before := heap()
	s := shelved(t, t.TempDir(), reels, nil)
	began := time.Now()
	if err := s.ready(); err != nil {
		t.Fatal(err)
	}
	t.Logf("opened in %v", time.Since(began).Round(time.Millisecond))
	opened := heap() - before
	began = time.Now()
	titles, err := s.Titles(time.Time{}, time.Now().AddDate(100, 0, 0))
	if err != nil || len(titles) != reels*perReel/10 {
		t.Errorf("%d titles, %v", len(titles), err)
	}
	t.Logf("all titles in %v", time.Since(began).Round(time.Millisecond))
	titles = nil
	var cursors []*Cursor
	for n := range reels {
		c := s.From(at(n*perReel+n/10, 0))
		if e, err := c.Next(); err != nil || int(e.Number) != n*perReel+n/10 {
			t.Fatalf("got %d, %v", e.Number, err)
		}
		cursors = append(cursors, c)
	}
	used := heap() - before
	t.Logf("heap: %d KB, with all read %d KB", opened>>10, used>>10)
	if opened > 300<<10 || used > 2500<<10 {
		t.Errorf("heap: %d KB, with all read %d KB", opened>>10, used>>10)
	}
	runtime.KeepAlive(cursors)
	runtime.KeepAlive(s)
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkReaders is what 1,000 readers at 128 kbit/s cost, each at a place of its own in
// two hours: an iteration is a second of all of them.
func BenchmarkReaders(b *testing.B) {
	s := shelved(b, b.TempDir(), 12, make([]byte, size128))
	if err := s.ready(); err != nil {
		b.Fatal(err)
	}
	type reader struct {
		*Cursor
		audio *io.SectionReader
	}
	readers := make([]reader, 1000)
	for i := range readers {
		readers[i] = reader{s.From(at(i, 0)), nil}
	}
	const workers = 2
	began := processor()
	b.ReportAllocs()
	for b.Loop() {
		var all sync.WaitGroup
		for w := range workers {
			all.Go(func() {
				p := make([]byte, 16_000)
				for i := w; i < len(readers); i += workers {
					r := &readers[i]
					if r.audio == nil {
						e, err := r.Next()
						if err == io.EOF {
							r.Cursor = s.From(at(0, 0))
							e, err = r.Next()
						}
						if err != nil {
							panic(err)
						}
						r.audio = e.Open()
					}
					if _, err := io.ReadFull(r.audio, p); err != nil {
						panic(err)
					}
					if place, _ := r.audio.Seek(0, io.SeekCurrent); place == r.audio.Size() {
						r.audio = nil
					}
				}
			})
		}
		all.Wait()
	}
	b.ReportMetric(float64(processor()-began)/float64(b.N)/1000/1e3, "cpu-us/reader-s")
}

// processor returns the processor time that the program has used.
func processor() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkParseIndex(b *testing.B) {
	one := numbered(0)
	text, err := line{Head: &head{Version: 1, Mount: "/live"}}.bytes()
	if err != nil {
		b.Fatal(err)
	}
	for n := range perReel {
		one = numbered(n)
		w := writtenOf(&one)
		w.At = int64(n * 1000)
		l, err := line{Segment: w}.bytes()
		if err != nil {
			b.Fatal(err)
		}
		text = append(text, l...)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if x := parseIndex(text); len(x.segments) != perReel {
			b.Fatal(fmt.Sprint(x.damaged))
		}
	}
}
