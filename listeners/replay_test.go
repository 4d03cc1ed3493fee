package listeners

import (
	"bytes"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"relay/codec/aac"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/mounts"
	"relay/segments"
)

// taken is a socket that takes everything.
type taken struct{ bytes.Buffer }

func (s *taken) write(g *gather) (n int, err error) {
	for i := range g.segments[:g.count] {
		s.Write(g.segments[i].bytes)
	}
	return g.bytes, nil
}
func (*taken) peerLeft() bool { return false }
func (*taken) pace(int64)     {}
func (*taken) lost() uint32   { return 0 }
func (*taken) close()         {}

// memory is a past of which the first segments are there, and the error after them.
type memory struct {
	entries []segments.Entry
	err     error
}

func (m *memory) From(_ string, t time.Time) Kept {
	for len(m.entries) > 0 && !m.entries[0].Ended().After(t) {
		m.entries = m.entries[1:]
	}
	return m
}

func (m *memory) Next() (segments.Entry, error) {
	if len(m.entries) == 0 {
		return segments.Entry{}, m.err
	}
	e := m.entries[0]
	m.entries = m.entries[1:]
	return e, nil
}

// recorded is a live source whose programme is kept.
type recorded struct {
	in     *mounts.Input
	cutter segments.Cutter
	past   memory
	n      int
}

// play plays numbered frames for a time.
func (r *recorded) play(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		r.in.Write(numbered(r.n))
		r.n++
		time.Sleep(header128.Duration())
		r.keep()
	}
}

// keep keeps what has been played.
func (r *recorded) keep() {
	for _, s := range r.cutter.Cut(r.in.Mount) {
		audio := bytes.Join(s.Audio(0, math.MaxInt), nil)
		r.past.entries = append(r.past.entries, segments.Entry{Facts: s.Facts, Size: len(audio), ReaderAt: bytes.NewReader(audio)})
	}
}

// frames returns the numbers of the frames in what a listener was sent. Silence has none.
func frames(t *testing.T, audio []byte) (numbers []int) {
	t.Helper()
	f := mp3.Codec.NewFramer()
	f.Write(audio)
	f.Finish()
	for u, ok := f.Next(); ok; u, ok = f.Next() {
		if n, ok := frametest.Number(u.Data); ok {
			numbers = append(numbers, int(n))
		}
	}
	if s := f.Stats(); s.Garbage >= int64(header128.Size) { // the last one may be cut
		t.Fatalf("%d bytes are no frames", s.Garbage)
	}
	return numbers
}

// hearsInRow reports a frame that is missing or comes twice. It returns the first and the
// last one.
func hearsInRow(t *testing.T, audio []byte) (first, last int) {
	t.Helper()
	numbers := frames(t, audio)
	for i, n := range numbers {
		if n != numbers[0]+i {
			t.Fatalf("frame %d follows %d", n, numbers[i-1])
		}
	}
	return numbers[0], numbers[len(numbers)-1]
}

const perSecond = 44100.0 / 1152

// rewound returns a listener that hears the past of a mount.
func rewound(t *testing.T, r *recorded, ago time.Duration, metaint int) (l *listener, s *taken) {
	t.Helper()
	s = &taken{}
	l = &listener{mount: r.in.Mount, metaint: int32(metaint), untilBlock: int32(metaint), socket: s}
	l.Since = time.Now()
	if err := l.mount.Audience.Join(&l.Listener); err != nil {
		t.Fatal(err)
	}
	if w := (&Writers{Past: &r.past}); !w.recall(l, time.Now().Add(-ago)) {
		t.Fatal("there is no past")
	}
	return l, s
}

// A listener in the past stays behind by the same time, gets each frame once, and titles
// where they were.
func TestReplayKeepsItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, in := station(t, "")
		r := &recorded{in: in, past: memory{err: io.EOF}}
		for _, title := range []string{"One", "Two", "Three"} {
			in.SetTitle(mounts.Title{Text: title})
			r.play(20 * time.Second)
		}
		l, s := rewound(t, r, 50*time.Second, 1000)
		f := flusher{conf: conf.NewLive(c)}
		for range 60 {
			if reason := f.flush(l, time.Now()); reason != stillListens {
				t.Fatal(reason)
			}
			if lead := l.lead(time.Now()); lead < 5*time.Second || lead > 6*time.Second {
				t.Fatalf("after %v it holds %v", time.Since(l.Since), lead)
			}
			time.Sleep(500 * time.Millisecond)
		}
		audio, titles := split(t, s.Bytes(), 1000)
		first, last := hearsInRow(t, audio)
		if began := 10 * perSecond; math.Abs(float64(first)-began) > 2 {
			t.Errorf("it begins with frame %d, want %v", first, began)
		}
		if n := 35 * perSecond; math.Abs(float64(last-first)-n) > 30 {
			t.Errorf("%d frames in 30 s and a burst, want about %v", last-first, n)
		}
		if want := []string{"One", "Two", "Three"}; !slices.Equal(titles, want) {
			t.Errorf("titles %q, want %q", titles, want)
		}
	})
}

// Where nothing was played, a listener in the past comes nearer. When it has heard all that
// is kept, it goes on in the stream at the next frame.
func TestReplayCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, in := station(t, "[[mount]]\nname = '/live'\nrewind = '1h'\nrewind_dir = '/nowhere'\n")
		r := &recorded{in: in, past: memory{err: io.EOF}}
		r.play(18 * time.Second)
		time.Sleep(time.Minute)
		r.play(7 * time.Second)
		l, s := rewound(t, r, 30*time.Second, 0)
		f := flusher{conf: conf.NewLive(c)}
		for range 60 {
			r.play(500 * time.Millisecond)
			if reason := f.flush(l, time.Now()); reason != stillListens {
				t.Fatal(reason)
			}
			if lead := l.lead(time.Now()); lead < 4*time.Second {
				t.Fatalf("after %v it holds %v", time.Since(l.Since), lead)
			}
		}
		_, last := hearsInRow(t, s.Bytes())
		if l.inPast() || last != r.n-1 {
			t.Errorf("in the past: %v; it has frame %d of %d", l.inPast(), last, r.n-1)
		}
	})
}

// A disk that fails takes listeners in the past to the stream, and nothing else.
func TestReplayWithoutItsDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, in := station(t, "")
		r := &recorded{in: in, past: memory{err: io.ErrUnexpectedEOF}}
		r.play(30 * time.Second)
		l, s := rewound(t, r, 20*time.Second, 0)
		r.past.entries = nil
		f := flusher{conf: conf.NewLive(c)}
		for range 20 {
			r.play(500 * time.Millisecond)
			if reason := f.flush(l, time.Now()); reason != stillListens {
				t.Fatal(reason)
			}
		}
		numbers := frames(t, s.Bytes())
		if l.inPast() || numbers[len(numbers)-1] != r.n-1 {
			t.Errorf("in the past: %v; it has frame %d of %d", l.inPast(), numbers[len(numbers)-1], r.n-1)
		}
	})
}

// What was played in another codec cannot be heard by a listener that is told this one.
func TestReplayOfAnotherCodec(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, in := station(t, "")
		r := &recorded{in: in, past: memory{err: io.EOF}}
		r.play(20 * time.Second)
		r.past.entries[0].Format.Codec = aac.Codec
		w := &Writers{Past: &r.past}
		l := &listener{mount: in.Mount, socket: &taken{}}
		l.Since = time.Now()
		for name, from := range map[string]time.Time{"another codec": time.Now().Add(-time.Minute), "the future": time.Now().Add(time.Hour)} {
			if w.recall(l, from) {
				t.Errorf("%s: it hears the past", name)
			}
		}
	})
}

// A listener in the past never gets another codec than it was told, also if it takes what it
// is sent late.
func TestCodecChangesInThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, in := station(t, "")
		r := &recorded{in: in, past: memory{err: io.EOF}}
		r.play(40 * time.Second)
		r.past.entries[3].Format.Codec = aac.Codec
		strange := make([]byte, r.past.entries[3].Size)
		r.past.entries[3].ReaderAt = bytes.NewReader(strange)
		l, s := rewound(t, r, 30*time.Second, 0)
		f := flusher{conf: conf.NewLive(c)}
		for n := 0; l.inPast() && n < 60; n++ {
			r.play(500 * time.Millisecond)
			if n%7 < 5 { // what is due is played, and not taken
				l.hear(time.Now())
				continue
			}
			if reason := f.flush(l, time.Now()); reason != stillListens {
				t.Fatal(reason)
			}
		}
		f.flush(l, time.Now())
		if bytes.Contains(s.Bytes(), strange[:1000]) || l.inPast() {
			t.Errorf("in the past: %v; it was sent the other codec: %v", l.inPast(), bytes.Contains(s.Bytes(), strange[:1000]))
		}
	})
}

func TestParseStart(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for start, want := range map[string]time.Time{
		"-3600":                     now.Add(-time.Hour),
		"0":                         now,
		"-1h30m":                    now.Add(-90 * time.Minute),
		"1764237600":                time.Unix(1764237600, 0),
		"2026-11-27T10:00:00Z":      now.Add(-2 * time.Hour),
		"2026-11-27T12:00:00+01:00": now.Add(-time.Hour),
		"-9223372036854775807":      now.Add(-math.MaxInt64 / time.Second * time.Second),
		"-9223372036854775808":      now.Add(-math.MaxInt64 / time.Second * time.Second),
		"1926-01-01T00:00:00Z":      time.Date(1926, 1, 1, 0, 0, 0, 0, time.UTC),
		"1h":                        {},
		"":                          {},
		"yesterday":                 {},
		"-":                         {},
	} {
		got, err := parseStart(start, now)
		if (err != nil) != want.IsZero() || !got.Equal(want) {
			t.Errorf("%q: %v, %v", start, got, err)
		}
	}
}

func TestStartOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, in := station(t, "")
		in.Write(numbered(0))
		var began []time.Time
		for _, title := range []string{"One", "Two"} {
			time.Sleep(time.Minute)
			began = append(began, time.Now())
			in.SetTitle(mounts.Title{Text: title})
			in.Write(numbered(1))
		}
		for query, want := range map[string]time.Time{
			"title=0":   began[1],
			"title=1":   began[0],
			"start=-60": time.Now().Add(-time.Minute),
			"title=2":   {},
			"title=x":   {},
			"title=-1":  {},
			"start=x":   {},
		} {
			got, asked, err := startOf(&http.Request{URL: &url.URL{RawQuery: query}}, in.Mount, time.Now())
			if !asked || (err != nil) != want.IsZero() || !got.Equal(want) {
				t.Errorf("%s: %v, %v, %v", query, got, asked, err)
			}
		}
		if _, asked, err := startOf(&http.Request{URL: &url.URL{RawQuery: "token=x"}}, in.Mount, time.Now()); asked || err != nil {
			t.Error("neither start nor title, and yet", err)
		}
	})
}

func FuzzParseStart(f *testing.F) {
	for _, start := range []string{"-3600", "-1h", "1764237600", "2026-11-27T10:00:00Z", "-9223372036854775808"} {
		f.Add(start)
	}
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, start string) {
		_, err := parseStart(start, now)
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}
