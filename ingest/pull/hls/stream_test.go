package hls

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/codec/known"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/ingest/feed"
	"relay/ingest/feed/feedtest"
	"relay/mounts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var packed = feedtest.Frames(1, 24)

// perSegment is how many frames a segment of a station has: 6.008 s.
const perSegment = 230

var segmentLength = perSegment * feedtest.Stereo128.Duration()

// station is a live stream of numbered frames, segment 0 from the moment when it began.
type station struct {
	mu     sync.Mutex
	began  time.Time
	rate   float64                     // of its clock
	window int                         // segments in the playlist
	first  int                         // the sequence number of segment 0
	head   string                      // more tags at the beginning of the playlist
	tags   func(n int) string          // of a segment; nil: its length
	body   func(n int) ([]byte, error) // nil: the frames
	fails  func(path string) error
	ended  bool
	// stopped is when the last segment was complete; zero: they go on.
	stopped time.Time
	cached  bool // every second request for the playlist is answered with a copy of a minute ago
	asked   []string
}

func newStation() *station {
	return &station{began: time.Now().Add(-10 * segmentLength), window: 6, rate: 1}
}

// set changes the station.
func (s *station) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *station) get(ctx context.Context, r Request) (*Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := r.URL.Path
	s.asked = append(s.asked, path)
	if s.fails != nil {
		if err := s.fails(path); err != nil {
			return nil, err
		}
	}
	var body []byte
	if name, ok := strings.CutPrefix(path, "/segment/"); ok {
		n, err := strconv.Atoi(name)
		if err != nil {
			return nil, err
		}
		if body = feedtest.Frames(uint64(n*perSegment), uint64((n+1)*perSegment-1)); s.body != nil {
			if body, err = s.body(n); err != nil {
				return nil, err
			}
		}
	} else {
		body = []byte(s.playlist())
	}
	return &Answer{URL: r.URL, Server: netip.MustParseAddr("192.0.2.1"), Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}, nil
}

// complete returns how many segments are complete.
func (s *station) complete() int {
	now := time.Now()
	if !s.stopped.IsZero() {
		now = s.stopped
	}
	if s.cached && len(s.asked)%2 == 0 {
		now = now.Add(-2 * segmentLength)
	}
	return int(float64(now.Sub(s.began)) * s.rate / float64(segmentLength))
}

func (s *station) playlist() string {
	end := s.complete()
	from := max(0, end-s.window)
	var b strings.Builder
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:%d\n%s", s.first+from, s.head)
	for n := from; n < end; n++ {
		tags := plain
		if s.tags != nil {
			tags = s.tags(n)
		}
		fmt.Fprintf(&b, "%ssegment/%d\n", tags, n)
	}
	if s.ended {
		b.WriteString("#EXT-X-ENDLIST\n")
	}
	return b.String()
}

// relaying pulls a station into /live.
type relaying struct {
	*station
	client   *Client
	registry *mounts.Registry
	in       *mounts.Input
	log      *observer.ObservedLogs
	cursor   mounts.Cursor
}

func relay(t *testing.T, s *station, config string) *relaying {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	c := conf.Default()
	if config != "" {
		var err error
		if c, err = conf.Parse("relay.toml", []byte(config)); err != nil {
			t.Fatal(err)
		}
	}
	r := &relaying{station: s, log: logs, registry: mounts.NewRegistry(conf.NewLive(c), nil, zap.NewNop())}
	r.client = &Client{Get: s.get, Text: same, Patience: 10 * time.Second, Log: zap.New(core)}
	t.Cleanup(r.registry.Close)
	return r
}

var listURL = &url.URL{Scheme: "http", Host: "a", Path: "/live.m3u8"}

// attempt makes one connection, until ctx is done or the stream ends.
func (r *relaying) attempt(ctx context.Context) error {
	s, err := r.client.Open(ctx, Request{URL: listURL})
	if err != nil {
		return err
	}
	defer s.Close()
	if r.in == nil {
		if r.in, err = r.registry.Attach("/live", mounts.Feed{Kind: mounts.Relayed}); err != nil {
			return err
		}
		r.cursor, _, _ = r.in.Mount.Stream.Join(conf.Burst{}, nil)
	}
	s.Play(r.in, func(title string) { r.in.StreamTitle(mounts.Title{Text: title}) })
	r.in.Reconnected()
	_, err = feed.Pump(zap.NewNop(), s, known.Unlabelled, r.in, 10*time.Second)
	r.in.Pause()
	return err
}

// numbers returns the numbers of the frames that were played since the last call.
func (r *relaying) numbers(t *testing.T) (list []uint64) {
	t.Helper()
	for b := r.cursor.Next(); len(b) > 0; b = r.cursor.Next() {
		h, ok := mp3.ParseHeader(b)
		if !ok || h.Size > len(b) {
			t.Fatal("torn frame")
		}
		if n, ok := frametest.Number(b[:h.Size]); ok {
			list = append(list, n)
		}
		r.cursor.Advance(h.Size)
	}
	return list
}

// during runs attempts, one after the other, while test runs.
func (r *relaying) during(t *testing.T, test func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			r.attempt(ctx)
			sleep(ctx, 2*time.Second)
		}
	}()
	synctest.Wait()
	test()
	cancel()
	<-done
}

// inOrder fails the test unless each frame follows the one before it.
func inOrder(t *testing.T, numbers []uint64, about string) {
	t.Helper()
	for i := 1; i < len(numbers); i++ {
		if numbers[i] != numbers[i-1]+1 {
			t.Errorf("%s: frame %d after %d", about, numbers[i], numbers[i-1])
		}
	}
}

// evenness returns how far the audio that was played was ahead of the time since the first
// of it, at most and at least, in a span of time.
func (r *relaying) evenness(t *testing.T, span time.Duration) (most, least time.Duration, numbers []uint64) {
	t.Helper()
	least = time.Hour
	began := time.Now()
	for time.Since(began) < span {
		time.Sleep(100 * time.Millisecond)
		numbers = append(numbers, r.numbers(t)...)
		ahead := time.Duration(len(numbers))*feedtest.Stereo128.Duration() - time.Since(began)
		if time.Since(began) > 3*time.Second {
			most, least = max(most, ahead), min(least, ahead)
		}
	}
	return most, least, numbers
}

// Segments come every six seconds, and listeners get audio evenly: all of it, from three
// target durations before the end.
func TestSegmentsArePlayedEvenly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relay(t, newStation(), "")
		r.during(t, func() {
			most, least, numbers := r.evenness(t, 10*time.Minute)
			if most-least > 600*time.Millisecond || least < 4*time.Second {
				t.Errorf("%v to %v ahead of time", least, most)
			}
			inOrder(t, numbers, "ten minutes")
			if numbers[0] != 7*perSegment {
				t.Errorf("begins with frame %d of %d", numbers[0], 10*perSegment)
			}
		})
		totals := r.in.Mount.Totals()
		for how, length := range totals.Paid {
			if length > 0 {
				t.Errorf("%v are paid %s", length, how)
			}
		}
		if totals.Held > 0 {
			t.Errorf("held back for %v", totals.Held)
		}
	})
}
