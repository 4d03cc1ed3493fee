package hls

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Eyevinn/hls-m3u8/m3u8"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"relay/auth"
	"relay/codec"
	"relay/codec/aac"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/icy"
	"relay/internal/accesslog"
	"relay/mounts"
)

// rotation is a goroutine that lumberjack keeps for each file it has ever written.
const rotation = "gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreTopFunction(rotation)) }

// live is a configuration with HLS on every mount.
const live = "[[mount]]\nname = '/*'\nhls = true\ngrace = '1s'\n"

var (
	stereo = frametest.Header(128000, 44100, 2)
	slow   = frametest.Header(8000, 8000, 1) // makes long simulations cheap
)

// station is a hub with its registry.
type station struct {
	*Hub
	t testing.TB
}

// newStation returns a hub that does not run: the test moves the tapes on with step.
func newStation(t testing.TB, toml string, access *accesslog.Logs) *station {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte(toml))
	if err != nil {
		t.Fatal(err)
	}
	inForce := conf.NewLive(c)
	registry := mounts.NewRegistry(inForce, nil, zap.NewNop())
	return &station{NewHub(registry, inForce, auth.NewGate(inForce, zap.NewNop()), access, zap.NewNop()), t}
}

// run calls test with a hub that runs, in simulated time.
func run(t *testing.T, toml string, test func(*testing.T, *station)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t, toml, nil)
		s.begin()
		test(t, s)
	})
}

// begin runs the hub until the test ends.
func (s *station) begin() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	s.t.Cleanup(func() {
		s.Registry.Close()
		cancel()
		<-ended
		if n := s.Sessions(); n > 0 {
			s.t.Errorf("%d sessions outlive the hub", n)
		}
	})
	synctest.Wait()
}

// step does what Run does now and then.
func (s *station) step() {
	s.advance(s.served())
	s.sweep()
}

// reload puts another configuration in force.
func (s *station) reload(toml string) {
	s.t.Helper()
	c, err := conf.Parse("relay.toml", []byte(toml))
	if err != nil {
		s.t.Fatal(err)
	}
	s.Conf.Replace(c)
	s.Registry.Reconfigure()
}

// deck is an input that plays numbered frames in real time.
type deck struct {
	*mounts.Input
	header mp3.Header
	always codec.Unit // sent instead of numbered frames, unless it is zero
	clock  float64    // seconds of its own in a second
	began  time.Time
	played time.Duration // by its own clock

	// came has, by the place in the stream where each segment begins in milliseconds, when
	// its first audio was made.
	came map[int64]time.Time
	slot time.Duration
}

var lastFrame atomic.Uint64

func (s *station) attach(mount string, kind mounts.Kind) *deck {
	s.t.Helper()
	in, err := s.Registry.Attach(mount, mounts.Feed{Kind: kind})
	if err != nil {
		s.t.Fatal(err)
	}
	return &deck{Input: in, header: stereo, clock: 1, began: time.Now(), came: map[int64]time.Time{}}
}

// attachWanted is attach for a mount of which a player has just asked.
func (s *station) attachWanted(mount string, kind mounts.Kind) *deck {
	s.t.Helper()
	d := s.attach(mount, kind)
	s.tapeOf(d.Mount).want(time.Now())
	return d
}

// unit returns another frame.
func (d *deck) unit() codec.Unit {
	if d.always.Length > 0 {
		return d.always
	}
	return mp3.Frame{Header: d.header, Data: frametest.Numbered(d.header, lastFrame.Add(1))}.Unit()
}

// send writes the next frame.
func (d *deck) send() {
	u := d.unit()
	made := d.began.Add(time.Duration(float64(d.played) / d.clock))
	d.Write(u)
	d.played += u.Length
	if place := d.Mount.Stream.Played() - u.Length; place >= d.slot {
		d.came[place.Milliseconds()] = made
		d.slot = (place/target + 1) * target
	}
}

// burst writes frames for as much audio at once, which was made until now.
func (d *deck) burst(length time.Duration) {
	d.began = time.Now().Add(-length)
	d.catchUp()
}

// catchUp writes the frames that are complete by now.
func (d *deck) catchUp() {
	for due := time.Duration(float64(time.Since(d.began)) * d.clock); d.played+d.header.Duration() <= due; {
		d.send()
	}
}

// play plays for a time, in pieces of a quarter of a second.
func (d *deck) play(length time.Duration) {
	for end := time.Now().Add(length); time.Now().Before(end); {
		time.Sleep(min(250*time.Millisecond, time.Until(end)))
		d.catchUp()
	}
}

// pause makes nothing for a time.
func (d *deck) pause(length time.Duration) {
	time.Sleep(length)
	d.began = d.began.Add(length)
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   string
	keep   bool
}

// ask sends a request: a method and target, and header lines.
func (s *station) ask(request string, lines ...string) reply {
	s.t.Helper()
	return s.askFrom("192.0.2.1:1000", request, lines...)
}

func (s *station) askFrom(addr, request string, lines ...string) (r reply) {
	s.t.Helper()
	ours, theirs := net.Pipe()
	kept := make(chan bool, 1)
	go func() {
		defer ours.Close()
		kept <- s.Serve(ours, s.request(addr, request, lines...))
	}()
	all, err := io.ReadAll(theirs)
	if err != nil {
		s.t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	from := bufio.NewReader(bytes.NewReader(all))
	answer, err := http.ReadResponse(from, &http.Request{Method: method})
	if err != nil {
		s.t.Fatalf("%s: %v in %q", request, err, all)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatalf("%s: %v in %q", request, err, all)
	}
	if from.Buffered() > 0 {
		s.t.Errorf("%s: %d bytes behind the answer", request, from.Buffered())
	}
	return reply{answer.StatusCode, answer.Header, string(body), <-kept}
}

func (s *station) request(addr, request string, lines ...string) *http.Request {
	s.t.Helper()
	req, err := icy.ParseHead([]byte(request + " HTTP/1.1\r\n" + strings.Join(append(lines, "\r\n"), "\r\n")))
	if err != nil {
		s.t.Fatalf("%s: %v", request, err)
	}
	req.RemoteAddr = addr
	return req
}

// tune asks for the multivariant playlist of a mount and returns the path of the first
// media playlist.
func (s *station) tune(mount string, lines ...string) string {
	s.t.Helper()
	r := s.ask("GET "+mount+".m3u8", lines...)
	if r.status != http.StatusOK {
		s.t.Fatalf("%s.m3u8: %+v", mount, r)
	}
	list, kind, err := m3u8.DecodeFrom(strings.NewReader(r.body), true)
	if err != nil || kind != m3u8.MASTER {
		s.t.Fatalf("%v in %q", err, r.body)
	}
	return resolve(mount+".m3u8", list.(*m3u8.MasterPlaylist).Variants[0].URI)
}

// resolve returns the path and query of a relative address.
func resolve(base, address string) string {
	b, err := http.NewRequest(http.MethodGet, "http://x"+strings.ReplaceAll(base, " ", "%20"), nil)
	if err != nil {
		panic(err)
	}
	u, err := b.URL.Parse(address)
	if err != nil {
		panic(err)
	}
	return u.RequestURI()
}

// viewer is a strict client: it reads the playlists of one address and checks that each
// continues the one before (RFC 8216, section 6.2.2).
type viewer struct {
	t        testing.TB
	last     *m3u8.MediaPlaylist
	segments map[uint64]m3u8.MediaSegment
	domains  map[uint64]uint64 // discontinuity sequence numbers
	titles   map[string]m3u8.DateRange
	spoken   []string // the titles in the order in which they began
	names    map[string]uint64
}

func newViewer(t testing.TB) *viewer {
	return &viewer{
		t: t, segments: map[uint64]m3u8.MediaSegment{}, domains: map[uint64]uint64{},
		titles: map[string]m3u8.DateRange{}, names: map[string]uint64{},
	}
}

var lines = regexp.MustCompile(`^(#EXTM3U|#EXT-X-VERSION:3|#EXT-X-TARGETDURATION:6|#EXT-X-MEDIA-SEQUENCE:\d+|#EXT-X-DISCONTINUITY-SEQUENCE:\d+|#EXT-X-DISCONTINUITY` +
	`|#EXT-X-PROGRAM-DATE-TIME:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z|#EXTINF:\d\.\d{6},|(\.\./[./a-z%0-9:-]*/hls/)?[0-9a-f]{16}-\d+\.(mp3|aac)` +
	`|#EXT-X-DATERANGE:ID="-?\d+",CLASS="title",START-DATE="[^"]+",END-ON-NEXT=YES,X-TITLE="[^"]*",X-ARTIST="[^"]*")$`)

// read checks a playlist.
func (v *viewer) read(text string) *m3u8.MediaPlaylist {
	v.t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if !lines.MatchString(line) {
			v.t.Fatalf("line %q", line)
		}
	}
	list, kind, err := m3u8.DecodeFrom(strings.NewReader(text), true)
	if err != nil || kind != m3u8.MEDIA {
		v.t.Fatalf("%v in %s", err, text)
	}
	p := list.(*m3u8.MediaPlaylist)
	if p.Closed || p.MediaType != 0 {
		v.t.Fatal("the playlist is not live")
	}
	if v.last != nil && (p.SeqNo < v.last.SeqNo || p.DiscontinuitySeq < v.last.DiscontinuitySeq) {
		v.t.Fatalf("media sequence %d after %d, discontinuity sequence %d after %d", p.SeqNo, v.last.SeqNo, p.DiscontinuitySeq, v.last.DiscontinuitySeq)
	}
	v.last = p
	domain := p.DiscontinuitySeq
	for _, s := range p.GetAllSegments() {
		if s.Discontinuity {
			domain++
		}
		n := s.SeqId
		before, known := v.segments[n]
		if known && (before.URI != s.URI || before.Duration != s.Duration || !before.ProgramDateTime.Equal(s.ProgramDateTime) || v.domains[n] != domain) {
			v.t.Fatalf("segment %d was %+v in %d, now %+v in %d", n, before, v.domains[n], s, domain)
		}
		if _, follows := v.segments[n-1]; !known && len(v.segments) > 0 && !follows {
			v.t.Fatalf("segment %d follows none", n)
		}
		if number, used := v.names[s.URI]; used && number != n {
			v.t.Fatalf("segments %d and %d are both %s", number, n, s.URI)
		}
		if s.Duration <= 0 || s.Duration > 6.5 {
			v.t.Fatalf("segment %d lasts %v s", n, s.Duration)
		}
		v.segments[n], v.domains[n], v.names[s.URI] = *s, domain, n
	}
	var began time.Time
	ids := map[string]bool{}
	for _, r := range p.DateRanges {
		if ids[r.ID] || r.StartDate.Before(began) || r.Class != "title" || !r.EndOnNext {
			v.t.Fatalf("date range %+v after %v", r, began)
		}
		ids[r.ID], began = true, r.StartDate
		if before, known := v.titles[r.ID]; known && fmt.Sprint(before) != fmt.Sprint(*r) {
			v.t.Fatalf("date range %+v was %+v", r, before)
		} else if !known {
			v.spoken = append(v.spoken, attribute(r, "X-ARTIST")+"|"+attribute(r, "X-TITLE"))
		}
		v.titles[r.ID] = *r
	}
	return p
}

func attribute(r *m3u8.DateRange, key string) string {
	for _, a := range r.XAttrs {
		if a.Key == key {
			return strings.Trim(a.Val, `"`)
		}
	}
	return "none"
}

// watch calls pass again and again, and reads the playlist of a mount after each.
func (v *viewer) watch(s *station, mount string, times int, pass func()) {
	v.t.Helper()
	for range times {
		pass()
		synctest.Wait()
		if t := s.tape(mount); t != nil {
			if p, _ := t.want(time.Now()); p != nil {
				v.read(string(p.plain))
			}
		}
	}
}

// placeOf returns the place in the stream, in milliseconds, that a segment's name has.
func placeOf(name string) int64 {
	_, place, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(name, ".mp3"), ".aac"), "-")
	n, _ := strconv.ParseInt(place, 10, 64)
	return n
}

// listing returns the segments that a tape has now.
func listing(t *tape) []*segment {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]*segment(nil), t.segments...)
}

// whole returns the file of a segment.
func (s *segment) whole() []byte { return bytes.Join(s.bytes(0, s.size()), nil) }

func aacFormat(rate, channels int) codec.Format {
	return codec.Format{Codec: aac.Codec, SampleRate: rate, Channels: channels}
}
