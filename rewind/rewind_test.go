package rewind

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"relay/codec"
	"relay/codec/aac"
	"relay/codec/mp3"
	"relay/codec/ogg"
	"relay/internal/clock"
	"relay/segments"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	began  = time.Date(2026, 11, 27, 10, 0, 0, 123e6, time.UTC)
	stereo = codec.Format{Codec: mp3.Codec, SampleRate: 44100, Channels: 2}
)

const six = 6 * time.Second

// numbered returns segment n of a stream: 6 s in 2,000 bytes that tell the number, and a
// title every ten segments.
func numbered(n int) Segment {
	place := time.Duration(n) * six
	t := Segment{Facts: segments.Facts{
		Number: int64(n), Domain: 3, Epoch: 0xfedcba9876543210, EpochBegan: began, Place: place, Began: began.Add(place), Length: six, Format: stereo,
	}}
	title := func(i, offset int) segments.Title {
		return segments.Title{Offset: offset, Began: began.Add(time.Duration(i)*10*six + time.Second), Tags: codec.Tags{Artist: "Artist", Title: fmt.Sprintf("Title %d", i)}, Play: int64(i + 1)}
	}
	switch {
	case n%10 == 0:
		t.Titles = []segments.Title{title(n/10, 333)}
		if n > 0 {
			before := title(n/10-1, 0)
			t.Title = &before
		}
	default:
		before := title(n/10, 0)
		t.Title = &before
	}
	t.Audio = audio(n)
	return t
}

func audio(n int) net.Buffers {
	piece := bytes.Repeat(fmt.Appendf(nil, "%08d. ", n), 100)
	return net.Buffers{piece[:700], piece[700:]}
}

func whole(pieces net.Buffers) []byte { return bytes.Join(pieces, nil) }

// studio has a store whose writer the test is.
type studio struct {
	*Store
	dir  string
	logs *observer.ObservedLogs
	hand *hand
}

// hand is a clock that a test sets.
type hand struct {
	day time.Time
	up  time.Duration
}

func newStudio(t *testing.T) *studio {
	t.Helper()
	s := &studio{dir: filepath.Join(t.TempDir(), "rewind"), hand: &hand{day: began}}
	s.restart()
	t.Cleanup(func() { s.leave() })
	return s
}

// restart ends the program, as kill -9 does, and opens the store again.
func (s *studio) restart() {
	if s.Store != nil {
		s.crash()
	}
	core, logs := observer.New(zapcore.InfoLevel)
	s.logs = logs
	s.Store = NewShelf(clock.Of(zap.NewNop(), func() (time.Time, time.Duration) { return s.hand.day, s.hand.up }), zap.New(core)).Store(s.dir, "/live")
}

// crash leaves the files as they are.
func (s *studio) crash() {
	if s.writing != nil {
		s.writing.audio.Close()
		s.writing.index.Close()
		s.writing = nil
	}
	s.leave()
}

// keep writes numbered segments.
func (s *studio) keep(t *testing.T, first, last int) {
	t.Helper()
	for n := first; n <= last; n++ {
		one := numbered(n)
		s.put(t, &one)
	}
}

func (s *studio) put(t *testing.T, one *Segment) {
	t.Helper()
	if err := one.problem(); err != nil {
		t.Fatal(err)
	}
	if err := s.ready(); err != nil {
		t.Fatal(err)
	}
	if err := s.write(one); err != nil {
		t.Fatal(err)
	}
}

// numbers returns the numbers of all segments from a time on, whose audio must be right.
func (s *studio) numbers(t *testing.T, from time.Time) []int {
	t.Helper()
	return rest(t, s.From(from))
}

func rest(t *testing.T, c *Cursor) (list []int) {
	t.Helper()
	for {
		e, err := c.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		n := int(e.Number)
		if got, err := io.ReadAll(e.Open()); err != nil || !bytes.Equal(got, whole(audio(n))) {
			t.Fatalf("segment %d has %d bytes %.20q, %v", n, len(got), got, err)
		}
		list = append(list, n)
	}
}

func upTo(first, last int) (list []int) {
	for n := first; n <= last; n++ {
		list = append(list, n)
	}
	return list
}

func (s *studio) files(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(s.Store.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != timeFile {
			names = append(names, e.Name())
		}
	}
	return names
}

func (s *studio) said() (list []string) {
	for _, line := range s.logs.TakeAll() {
		list = append(list, line.Level.String()+": "+line.Message)
	}
	return list
}

// running runs a test in a bubble with a store that runs.
func running(t *testing.T, prepare func(s *studio), test func(s *studio)) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "rewind")
	synctest.Test(t, func(t *testing.T) {
		s := newBubbleStudio(dir)
		prepare(s)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		synctest.Wait()
		test(s)
		stop()
		<-done
		s.shelf.open.dropAll(s.Store.dir)
	})
}

func newBubbleStudio(dir string) *studio {
	core, logs := observer.New(zapcore.InfoLevel)
	return &studio{dir: dir, logs: logs, Store: NewShelf(clock.New(zap.NewNop()), zap.New(core)).Store(dir, "/live")}
}

// play appends numbered segments in real time.
func (s *studio) play(first, last int) {
	for n := first; n <= last; n++ {
		s.Append(numbered(n))
		time.Sleep(six)
	}
	synctest.Wait()
}

// What is appended can be read, by every fact, at once and after a restart.
func TestEntryIsTheSegment(t *testing.T) {
	title := segments.Title{Began: began.Add(-time.Minute), Tags: codec.Tags{Title: "Śród <nocnej> \"ciszy\"\n"}, Play: -7}
	formats := []codec.Format{
		stereo, {Codec: aac.Codec, SampleRate: 48000, Channels: 1}, {Codec: ogg.Opus, SampleRate: 48000, Channels: 2},
		{Codec: ogg.Vorbis, SampleRate: 44100, Channels: 2}, {Codec: ogg.FLAC, SampleRate: 96000, Channels: 6},
	}
	var want []Segment
	for i, f := range formats {
		one := numbered(i)
		one.Format, one.Domain, one.Title, one.Epoch = f, int64(-i), &title, uint64(i)
		one.Titles = []segments.Title{{Offset: 5, Began: began, Tags: codec.Tags{Artist: "A", Title: "B"}, Play: 1}, {Offset: 6, Began: began}}
		want = append(want, one)
	}
	s := newStudio(t)
	for i := range want {
		s.put(t, &want[i])
	}
	check := func(when string) {
		t.Helper()
		c := s.From(time.Time{})
		for i, one := range want {
			e, err := c.Next()
			if err != nil {
				t.Fatalf("%s: %v", when, err)
			}
			got, _ := io.ReadAll(e.Open())
			if fmt.Sprintf("%+v %+v", *e.Title, plain(e.Facts)) != fmt.Sprintf("%+v %+v", *one.Title, plain(one.Facts)) || !bytes.Equal(got, whole(one.Audio)) {
				t.Errorf("%s: segment %d is\n%+v, want\n%+v", when, i, e.Facts, one.Facts)
			}
		}
		if _, err := c.Next(); err != io.EOF {
			t.Errorf("%s: then %v", when, err)
		}
	}
	check("while it is written")
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	check("when the reel has ended")
	s.restart()
	if err := s.ready(); err != nil {
		t.Fatal(err)
	}
	check("after a restart")
	if said := s.said(); len(said) > 0 {
		t.Errorf("the log says %q", said)
	}
}

func plain(f segments.Facts) segments.Facts {
	f.Title = nil
	return f
}

// What is no segment is refused.
func TestRefusedSegments(t *testing.T) {
	for name, spoil := range map[string]func(*Segment){
		"no audio":  func(t *Segment) { t.Audio = nil },
		"too much":  func(t *Segment) { t.Audio = net.Buffers{make([]byte, maxSegment+1)} },
		"no length": func(t *Segment) { t.Length = 0 },
		"too long":  func(t *Segment) { t.Length = maxLength + 1 },
		"no codec":  func(t *Segment) { t.Format.Codec = nil },
		"no time":   func(t *Segment) { t.Began = time.Time{} },
		"no number": func(t *Segment) { t.Number = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t)
			one := numbered(1)
			spoil(&one)
			s.Append(one)
			if _, _, ok := s.queue.take(); ok || s.Fault().Text == "" {
				t.Errorf("it is kept; fault %+v", s.Fault())
			}
		})
	}
}
