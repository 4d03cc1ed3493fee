package hls

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Eyevinn/hls-m3u8/m3u8"

	"relay/e2e/harness"
)

// readerAgent is the User-Agent of readers.
const readerAgent = "strict-reader"

// A reader reads the playlists of a mount all the time, strictly, and fetches each segment
// twice. It keeps what is wrong.
type reader struct {
	s       *station
	mount   string
	client  *http.Client
	stop    chan struct{}
	stopped sync.WaitGroup

	mu       sync.Mutex
	variants []*variant
	wrong    map[string]int // how often
}

// variant is a media playlist that a reader reads.
type variant struct {
	url      string
	codecs   string
	fetches  int
	sequence uint64 // of the last playlist
	domain   uint64 // its discontinuity sequence
	segments []*segment
	titles   []titleRange
}

// segment is one that has been in a playlist.
type segment struct {
	number        uint64
	url           string
	began         time.Time
	length        time.Duration
	discontinuity bool
	audio         []byte // without the ID3 tag
	tag           []byte // the ID3 tag
	whole         []byte
	again         bool // it was fetched twice
}

// titleRange is a title in a playlist.
type titleRange struct {
	id, title, artist string
	began             time.Time
}

// read starts a reader of a mount.
func (s *station) read(t testing.TB, mount string) *reader {
	t.Helper()
	r := &reader{s: s, mount: mount, client: &http.Client{Timeout: harness.Patience, Transport: &http.Transport{}}, stop: make(chan struct{}), wrong: map[string]int{}}
	harness.Eventually(t, "the playlist of "+mount, func() bool {
		_, body, err := r.get(s.URL(mount + ".m3u8"))
		return err == nil && bytes.Count(body, []byte("CODECS")) == len(mountsOf[mount]) // all have begun
	})
	_, body, err := r.get(s.URL(mount + ".m3u8"))
	if err != nil {
		t.Fatal(err)
	}
	list, kind, err := m3u8.DecodeFrom(bytes.NewReader(body), true)
	if err != nil || kind != m3u8.MASTER {
		t.Fatalf("%s: %v\n%s", mount, err, body)
	}
	base, _ := url.Parse(s.URL(mount + ".m3u8"))
	for _, v := range list.(*m3u8.MasterPlaylist).Variants {
		at, err := base.Parse(v.URI)
		if err != nil {
			t.Fatal(err)
		}
		r.variants = append(r.variants, &variant{url: at.String(), codecs: v.Codecs})
		if v.Bandwidth < v.AverageBandwidth || v.AverageBandwidth < 1_000 || v.Bandwidth > 150_000 {
			t.Errorf("%s: %+v", mount, v.VariantParams)
		}
	}
	for _, v := range r.variants {
		r.stopped.Go(func() { r.follow(v) })
	}
	t.Cleanup(r.end)
	return r
}

// end stops the reader. It may be called more than once.
func (r *reader) end() {
	select {
	case <-r.stop:
	default:
		close(r.stop)
	}
	r.stopped.Wait()
}

func (r *reader) fail(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrong[fmt.Sprintf(format, args...)]++
}

// get fetches an address, whose answer must be 200.
func (r *reader) get(address string) (http.Header, []byte, error) {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("User-Agent", readerAgent)
	answer, err := r.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", address, answer.Status, body)
	}
	return answer.Header, body, err
}

// follow reads a media playlist every second.
func (r *reader) follow(v *variant) {
	for {
		if err := r.look(v); err != nil {
			r.fail("%v", err)
		}
		select {
		case <-r.stop:
			return
		case <-time.After(time.Second):
		}
	}
}

// look reads a media playlist and checks it against what is known.
func (r *reader) look(v *variant) error {
	header, body, err := r.get(v.url)
	if err != nil {
		return err
	}
	if got := header.Get("Content-Type"); got != "application/vnd.apple.mpegurl" {
		r.fail("a playlist has the type %q", got)
	}
	list, kind, err := m3u8.DecodeFrom(bytes.NewReader(body), true)
	if err != nil || kind != m3u8.MEDIA {
		return fmt.Errorf("%s: %v\n%s", v.url, err, body)
	}
	p := list.(*m3u8.MediaPlaylist)
	if v.fetches++; p.SeqNo < v.sequence {
		r.fail("the media sequence jumps back from %d to %d", v.sequence, p.SeqNo)
	}
	if p.DiscontinuitySeq < v.domain {
		r.fail("the discontinuity sequence jumps back from %d to %d", v.domain, p.DiscontinuitySeq)
	}
	v.sequence, v.domain = p.SeqNo, p.DiscontinuitySeq
	if p.Closed || p.TargetDuration < 6 || p.TargetDuration > 7 {
		r.fail("a playlist has the target duration %d, and is closed: %v", p.TargetDuration, p.Closed)
	}
	r.takeTitles(v, p.DateRanges)
	base, _ := url.Parse(v.url)
	all := p.GetAllSegments()
	if n := len(v.segments); n > 0 && (len(all) == 0 || p.SeqNo+uint64(len(all))-1 < v.segments[n-1].number) {
		r.fail("segment %d is no longer in the playlist of %d from %d on", v.segments[n-1].number, len(all), p.SeqNo)
	}
	for i, entry := range all {
		at, err := base.Parse(entry.URI)
		if err != nil {
			return err
		}
		s := &segment{number: p.SeqNo + uint64(i), url: at.String(), began: entry.ProgramDateTime,
			length: time.Duration(math.Round(entry.Duration * 1e9)), discontinuity: entry.Discontinuity}
		switch known := v.find(s.number); {
		case known != nil:
			if known.url != s.url || !known.began.Equal(s.began) || known.length != s.length || i > 0 && known.discontinuity != s.discontinuity {
				r.fail("segment %d was %+v, and is %+v", s.number, known.place(), s.place())
			}
			if !known.again {
				known.again = true
				r.fetch(known)
			}
		case len(v.segments) > 0 && s.number != v.segments[len(v.segments)-1].number+1:
			r.fail("segment %d follows %d", s.number, v.segments[len(v.segments)-1].number)
		default:
			if s.length > 6500*time.Millisecond || math.Round(s.length.Seconds()) > float64(p.TargetDuration) {
				r.fail("segment %d is %v long", s.number, s.length)
			}
			r.fetch(s)
			r.mu.Lock()
			v.segments = append(v.segments, s)
			r.mu.Unlock()
		}
	}
	if len(all) > 0 { // the one that goes next
		r.fetch(v.find(p.SeqNo))
	}
	return nil
}

func (s *segment) place() string {
	return fmt.Sprintf("%s at %v for %v, discontinuity %v", s.url, s.began, s.length, s.discontinuity)
}

// end returns when a segment ends.
func (s *segment) end() time.Time { return s.began.Add(s.length) }

// find returns a segment by its number, or nil.
func (v *variant) find(number uint64) *segment {
	if len(v.segments) == 0 || number < v.segments[0].number || number-v.segments[0].number >= uint64(len(v.segments)) {
		return nil
	}
	return v.segments[number-v.segments[0].number]
}

// fetch fetches a segment and compares it with what it was before.
func (r *reader) fetch(s *segment) {
	header, body, err := r.get(s.url)
	if err != nil {
		r.fail("%v", err)
		return
	}
	if s.whole != nil {
		if !bytes.Equal(s.whole, body) {
			r.fail("%s is another one when it is fetched again", s.url)
		}
		return
	}
	want := map[bool]string{true: "audio/mpeg", false: "audio/aac"}[strings.HasSuffix(s.url, ".mp3")]
	if got := header.Get("Content-Type"); got != want || !strings.Contains(header.Get("Cache-Control"), "immutable") {
		r.fail("%s has the type %q, and Cache-Control %q", s.url, got, header.Get("Cache-Control"))
	}
	n := tagSize(body)
	if !bytes.Contains(body[:n], []byte("com.apple.streaming.transportStreamTimestamp")) {
		r.fail("%s begins with % x", s.url, body[:min(len(body), 20)])
	}
	s.whole, s.tag, s.audio = body, body[:n], body[n:]
}

// tagSize returns the size of the ID3 tag at the beginning of a segment.
func tagSize(b []byte) int {
	if len(b) < 10 || string(b[:3]) != "ID3" {
		return 0
	}
	return min(len(b), 10+int(b[6])<<21+int(b[7])<<14+int(b[8])<<7+int(b[9]))
}

// takeTitles takes the titles of a playlist. One that is known must be the same.
func (r *reader) takeTitles(v *variant, ranges []*m3u8.DateRange) {
	for _, d := range ranges {
		now := titleRange{id: d.ID, began: d.StartDate}
		for _, a := range d.XAttrs {
			switch a.Key {
			case "X-TITLE":
				now.title = strings.Trim(a.Val, `"`)
			case "X-ARTIST":
				now.artist = strings.Trim(a.Val, `"`)
			}
		}
		if d.Class != "title" || !d.EndOnNext || d.ID == "" {
			r.fail("a title is %+v", d)
		}
		known := false
		for _, other := range v.titles {
			if other.id == now.id {
				known = true
				if other.title != now.title || other.artist != now.artist || !other.began.Equal(now.began) {
					r.fail("a title was %+v, and is %+v", other, now)
				}
			}
		}
		if !known {
			r.mu.Lock()
			v.titles = append(v.titles, now)
			r.mu.Unlock()
		}
	}
}

// began returns when a title began in each of the playlists; ok is false if one has it not.
func (r *reader) began(artist, title string) (at []time.Time, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range r.variants {
		for _, known := range v.titles {
			if known.artist == artist && known.title == title {
				at = append(at, known.began)
			}
		}
	}
	return at, len(at) == len(r.variants)
}

// leads waits until each playlist has so many segments that begin with the n-th title: a
// player that begins now shows it.
func (r *reader) leads(t testing.TB, n, segments int) {
	t.Helper()
	text := []byte(fmt.Sprintf("Title %d", n))
	harness.EventuallyIn(t, 2*harness.Patience, fmt.Sprintf("segments with title %d on %s", n, r.mount), func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, v := range r.variants {
			if have := 0; !slices.ContainsFunc(v.segments, func(s *segment) bool {
				if bytes.Contains(s.tag, text) {
					have++
				}
				return have >= segments
			}) {
				return false
			}
		}
		return true
	})
}

// judge stops the reader and checks all that it has read.
func (r *reader) judge(t *testing.T, machine *lateness) {
	t.Helper()
	r.end()
	for what, times := range r.wrong {
		t.Errorf("%s, %d times: %s", r.mount, times, what)
	}
	for _, v := range r.variants {
		var widest time.Duration
		jumps := 0
		for i, s := range v.segments {
			if s.whole == nil {
				continue
			}
			if i > 0 && !s.discontinuity {
				step := s.began.Sub(v.segments[i-1].end()).Abs()
				if widest = max(widest, step); step > mostStep+machine.is() {
					jumps++
				}
			}
		}
		t.Logf("%s (%s): %d segments, %d fetches of the playlist; from the end of a segment to the next one %v at most, %d times more than the machine was late; %d titles; the machine was %v late at most",
			v.url, v.codecs, len(v.segments), v.fetches, widest, jumps, len(v.titles), machine.is().Round(time.Millisecond))
		if (jumps > mostBreaks || widest > mostGrace+machine.is()) && v == r.variants[0] {
			t.Errorf("%s: %d segments begin up to %v after, or before, the end of the last one", v.url, jumps, widest)
		}
	}
}

// sound decodes all segments, one after the other. A complaint of the decoder fails the test.
func (v *variant) sound(t *testing.T) heard {
	t.Helper()
	coding := harness.MP3
	if !strings.Contains(v.codecs, "mp4a.40.34") {
		coding = harness.AAC
	}
	var audio []byte
	for _, s := range v.segments {
		audio = append(audio, s.audio...)
	}
	return hear(coding.Samples(t, audio), tone, backup)
}

// along returns the places of the segments of a variant in a stream of which they are parts,
// one after the other, from a moment on. other is the first segment that is not, as far as
// the stream goes. Segments that occur in the stream more than once, as silence does, do not
// count at the beginning.
func (v *variant) along(stream []byte, from time.Time) (places map[*segment]int, other *segment) {
	places = map[*segment]int{}
	next := -1
	for _, s := range v.segments {
		switch {
		case s.began.Before(from):
			continue
		case next >= 0 && next+len(s.audio) > len(stream):
			return places, nil
		case next >= 0 && !bytes.HasPrefix(stream[next:], s.audio):
			return places, s
		case next < 0:
			if next = bytes.Index(stream, s.audio); next < 0 || bytes.LastIndex(stream, s.audio) != next {
				next = -1
				continue
			}
		}
		places[s] = next
		next += len(s.audio)
	}
	return places, nil
}
