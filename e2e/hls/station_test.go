package hls

import (
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"relay/e2e/harness"
)

// The tones of a station and of what plays when its source is away. Few of the frames of
// the first are alike.
const (
	tone   = 441.3
	backup = 660.0
)

// station is a server with a mount in MP3 that falls back to another one, and a mount in
// AAC that falls silent. Both have renditions in AAC.
type station struct {
	*harness.Relay
	live *source // on /live, a client of ours
	aac  *exec.Cmd
}

const stationConfig = harness.Config + `
[[mount]]
name = "/live"
hls = true
grace = "3s"
fallbacks = ["/backup"]
  [[mount.rendition]]
  name = "/live-64"
  codec = "aac"
  bitrate = 64
[[mount]]
name = "/aac"
hls = true
grace = "3s"
silence = true
format = { codec = "aac" }
  [[mount.rendition]]
  name = "/aac-48"
  codec = "aac"
  bitrate = 48
`

// mountsOf lists the mounts of a station that have HLS, by the mount that is asked for.
var mountsOf = map[string][]string{"/live": {"/live", "/live-64"}, "/aac": {"/aac", "/aac-48"}}

func onAir(t testing.TB) *station {
	t.Helper()
	s := &station{Relay: harness.Start(t, stationConfig)}
	harness.KeepRunning(t, s.encoder(t, harness.MP3, "/backup", backup))
	s.live = s.send(t, "/live", liveTone(t))
	s.aac = harness.KeepRunning(t, s.encoder(t, harness.AAC, "/aac", tone))
	for _, mount := range []string{"/live", "/backup", "/aac"} {
		harness.Eventually(t, mount, func() bool { return s.Source(t, mount).State == "live" })
	}
	return s
}

// encoder returns an ffmpeg that sends a tone.
func (s *station) encoder(t testing.TB, c harness.Coding, mount string, hertz float64) *exec.Cmd {
	options := map[bool][]string{true: {"-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3"}, false: {"-c:a", "aac", "-b:a", "96k", "-f", "adts"}}
	args := append([]string{"-nostdin", "-v", "error", "-re"}, sine(hertz, time.Hour)...)
	args = append(append(args, "-ac", "2", "-content_type", c.Label), options[c.Codec == harness.MP3.Codec]...)
	return exec.Command(harness.Program(t, "ffmpeg"), append(args, fmt.Sprintf("icecast://source:%s@%s%s", s.SourcePassword, s.Addr, mount))...)
}

// sine returns ffmpeg's options for a tone as its input.
func sine(hertz float64, length time.Duration) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=%v:sample_rate=%d:duration=%d", hertz, sampleRate, int(length.Seconds()))}
}

// made keeps the tones that all tests share.
var made struct {
	sync.Mutex
	live []byte
}

// liveLength is longer than any test.
const liveLength = 8 * time.Minute

// liveTone returns a long tone in MP3.
func liveTone(t testing.TB) []byte {
	made.Lock()
	defer made.Unlock()
	if made.live == nil {
		made.live = harness.MP3.Make(t, sine(tone, liveLength))
	}
	return made.live
}

// source is a client that sends a tone at its pace, and knows when it sent what.
type source struct {
	*harness.Encoder
	stream        []byte
	length        time.Duration
	stop, stopped chan struct{}

	mu   sync.Mutex
	sent []sentPiece
}

// sentPiece is what was sent by a moment.
type sentPiece struct {
	bytes int
	at    time.Time
}

// timed notes when what was written.
type timed struct {
	net.Conn
	of *source
}

func (c timed) Write(b []byte) (int, error) {
	at := time.Now()
	n, err := c.Conn.Write(b)
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	last := 0
	if all := c.of.sent; len(all) > 0 {
		last = all[len(all)-1].bytes
	}
	c.of.sent = append(c.of.sent, sentPiece{last + n, at})
	return n, err
}

// send starts a source that sends MP3.
func (r *station) send(t testing.TB, mount string, stream []byte) *source {
	t.Helper()
	s := &source{Encoder: r.Encode(t, mount), stream: stream, length: liveLength, stop: make(chan struct{}), stopped: make(chan struct{})}
	s.Conn = timed{s.Conn, s}
	go func() {
		defer close(s.stopped)
		harness.Push(s.Encoder, s.stream, s.length, s.stop)
	}()
	t.Cleanup(s.cut)
	return s
}

// cut ends the source wherever it is in a frame. It may be called more than once.
func (s *source) cut() {
	s.Close()
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	<-s.stopped
}

// sentAt returns when the byte at a place in the stream was sent.
func (s *source) sentAt(place int) (at time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.sent {
		if place < p.bytes {
			return p.at, true
		}
	}
	return time.Time{}, false
}

// listening returns how many listeners a client is, by its User-Agent.
func (s *station) listening(t testing.TB, agent string) (n int) {
	t.Helper()
	for _, mounts := range mountsOf {
		for _, mount := range mounts {
			for _, l := range s.Clients(t, mount).Source[0].Listener {
				if strings.Contains(l.UserAgent, agent) {
					n++
				}
			}
		}
	}
	return n
}

// lateness watches how late this machine lets a program run.
type lateness struct {
	mu   sync.Mutex
	most time.Duration
}

// watchLateness watches until the test ends.
func watchLateness(t testing.TB) *lateness {
	l := &lateness{}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		const nap = 5 * time.Millisecond
		for {
			began := time.Now()
			select {
			case <-stop:
				return
			case <-time.After(nap):
			}
			l.mu.Lock()
			l.most = max(l.most, time.Since(began)-nap)
			l.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-stopped
	})
	return l
}

// is returns how late the machine was at most so far.
func (l *lateness) is() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.most
}

// titled returns the n-th title of a test, as sources send it.
func titled(n int) string { return "An Artist - Title " + strconv.Itoa(n) }
