package hostile

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode"

	"relay/e2e/harness"
	"relay/frames"
	"relay/frames/frametest"
)

const (
	patience = harness.Patience

	// crowd is how many listen all along.
	crowd = 50

	sourceLogin = "Authorization: Basic c291cmNlOmhhY2ttZQ==\r\n" // source:hackme
)

// configuration has short limits, so that a case that runs into one does not
// take long, and long enough for a test that gets no processor for a moment.
const configuration = `
[server]
listen = ["127.0.0.1:0"]
[limits]
flush_interval = "20ms"
header_timeout = "3s"
source_timeout = "10s"
listener_timeout = "2s"
listeners = 20000
[auth]
source_password = "hackme"
admin_password = "adminpass"
relay_password = "relaypass"
[log]
level = "debug"
access_file = "access.log"
playlist_file = "playlist.log"
`

// station is a server on the air with a source and its crowd.
type station struct {
	addr string
	dir  string
	cmd  *exec.Cmd
	out  harness.Buffer
	log  harness.Buffer

	exited  chan struct{}
	clients atomic.Uint32
	sent    atomic.Uint64         // numbered frames
	cut     atomic.Pointer[error] // what has ended their source
	crowd   []*listener
	titles  sync.Map // those that were set on /live

	checking sync.Mutex
	checked  map[string]int64 // how far the logs have been read
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	harness.Eventually(t, what, condition)
}

// open starts a station; more is added to its configuration.
func open(t *testing.T, more string) *station {
	t.Helper()
	return openWith(t, configuration+more)
}

// openWith starts a station with a configuration of its own.
func openWith(t *testing.T, toml string) *station {
	t.Helper()
	return openFor(t, crowd, toml)
}

// openForMutes starts a station that waits less for sources that send nothing.
func openForMutes(t *testing.T, more string) *station {
	t.Helper()
	return openWith(t, strings.Replace(configuration, `source_timeout = "10s"`, `source_timeout = "6s"`, 1)+more)
}

// openFor starts a station for so many listeners.
func openFor(t *testing.T, crowd int, toml string) *station {
	t.Helper()
	s := &station{dir: t.TempDir(), exited: make(chan struct{})}
	config := filepath.Join(s.dir, "relay.toml")
	if err := os.WriteFile(config, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	s.cmd = exec.Command(harness.Binary, "-c", config)
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		s.cmd.Wait()
		close(s.exited)
	}()
	t.Cleanup(func() { s.close(t) })
	banner := regexp.MustCompile(`page +http://([^/\s]+)/`)
	eventually(t, "the banner", func() bool { return s.gone() || banner.MatchString(s.out.String()) })
	if s.gone() {
		t.Fatalf("the server has ended:\n%s", s.log.String())
	}
	s.addr = banner.FindStringSubmatch(s.out.String())[1]
	s.broadcast(t)
	for i := range crowd {
		conn := net.Conn(s.dial(t))
		if i%4 > 1 && strings.Contains(toml, "[tls]") {
			conn = secured(conn)
		}
		s.crowd = append(s.crowd, s.listen(t, conn, i%2 == 1))
	}
	return s
}

func (s *station) gone() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}

// close ends the server, which must still be there and go in order.
func (s *station) close(t *testing.T) {
	if s.gone() {
		t.Errorf("the server has ended by itself")
	} else {
		s.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-s.exited:
		case <-time.After(patience):
			s.cmd.Process.Kill()
			t.Error("the server does not end")
		}
	}
	s.checkLogs(t)
	log := s.log.String()
	for _, fault := range []string{"DATA RACE", "panic"} {
		if i := strings.Index(log, fault); i >= 0 {
			t.Errorf("the server has a fault:\n%s", log[max(0, i-200):min(len(log), i+4000)])
		}
	}
	if t.Failed() {
		t.Logf("the server said:\n%s", log[max(0, len(log)-8000):])
	}
}

// dial opens a connection on which nothing waits for ever.
func (s *station) dial(t testing.TB) *net.TCPConn {
	t.Helper()
	conn, err := s.connect()
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// connect opens a connection from an address of its own, where the system has
// more than one for itself: what one client did is not held against the next.
func (s *station) connect() (net.Conn, error) {
	n := s.clients.Add(1)
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1+byte(n>>16), byte(n>>8), byte(n))}}
	if conn, err := from.Dial("tcp", s.addr); err == nil {
		return conn, nil
	}
	return net.Dial("tcp", s.addr)
}

// ask sends raw bytes and no more, and returns what comes back until the server
// closes, or as much of a stream as is enough.
func (s *station) ask(t testing.TB, raw string) string {
	t.Helper()
	conn := s.dial(t)
	defer conn.Close()
	sent := make(chan struct{})
	go func() { // a server that refuses need not read all of it
		defer close(sent)
		io.WriteString(conn, raw)
		conn.CloseWrite()
	}()
	answer := read(t, conn)
	conn.Close()
	<-sent
	return answer
}

// mostAnswer bounds what is read of an answer that is a stream.
const mostAnswer = 64 << 10

// read returns what comes until the server closes, or as much of a stream as is
// enough. It must not be our own deadline that ends a case.
func read(t testing.TB, conn net.Conn) string {
	t.Helper()
	answer, err := io.ReadAll(io.LimitReader(conn, mostAnswer))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the server says no more and does not close; it said %.100q", answer)
	}
	return string(answer)
}

// outcome is how the server has met a request: its status, what it says to
// those who do not speak HTTP, or one of those below.
func outcome(answer string) string {
	head, body, _ := strings.Cut(answer, "\r\n\r\n")
	switch status := statusOf(head); {
	case answer == "":
		return silent
	case status == "200" && strings.Contains(head, "\nContent-Type: audio/mpeg"):
		if h, ok := frames.ParseHeader([]byte(body)); ok && len(body) >= h.Size {
			return heard
		}
		return unheard
	case status == "":
		line, _, _ := strings.Cut(answer, "\r\n")
		return line
	default:
		return status
	}
}

const (
	silent  = "closed without a word"
	heard   = "a stream"
	unheard = "a stream without a frame"
)

// broadcast keeps a source sending numbered frames to /live in real time.
func (s *station) broadcast(t *testing.T) {
	t.Helper()
	conn := s.dial(t)
	io.WriteString(conn, "PUT /live HTTP/1.1\r\nContent-Type: audio/mpeg\r\nice-name: Test\r\n"+sourceLogin+"\r\n")
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() {
		close(stop)
		<-stopped
		if err := s.cut.Load(); err != nil {
			t.Error(*err)
		}
	})
	format := frametest.Header(128000, 44100, 2)
	go func() {
		defer close(stopped)
		start, played := time.Now(), time.Duration(0)
		for {
			conn.SetDeadline(time.Now().Add(patience))
			if _, err := conn.Write(frametest.Numbered(format, s.sent.Load()+1)); err != nil {
				err = fmt.Errorf("the source of /live, behind frame %d: %w", s.sent.Load(), err)
				s.cut.Store(&err)
				return
			}
			s.sent.Add(1)
			played += format.Duration()
			select {
			case <-stop:
				return
			case <-time.After(time.Until(start.Add(played))):
			}
		}
	}()
	eventually(t, "the mount", func() bool { return strings.HasPrefix(s.ask(t, "HEAD /live HTTP/1.0\r\n\r\n"), "HTTP/1.0 200") })
}

// settled checks that nobody who was there has lost anything by what has just
// happened: each of them hears a frame that was sent after it.
func (s *station) settled(t *testing.T) {
	t.Helper()
	next := s.sent.Load() + 1
	for i, l := range s.crowd {
		eventually(t, fmt.Sprintf("listener %d to hear frame %d", i, next), func() bool {
			return l.heard.Load() >= next || l.failure() != nil || s.cut.Load() != nil || s.gone()
		})
		if err := s.cut.Load(); err != nil {
			t.Fatal(*err)
		}
		if s.gone() {
			t.Fatal("the server has ended")
		}
		if err := l.failure(); err != nil {
			t.Fatalf("listener %d: %v", i, err)
		}
	}
	s.checkLogs(t)
}

// checkLogs reads what the logs have got since the last time.
func (s *station) checkLogs(t *testing.T) {
	t.Helper()
	s.checking.Lock()
	defer s.checking.Unlock()
	if s.checked == nil {
		s.checked = map[string]int64{}
	}
	for name, form := range map[string]*regexp.Regexp{"access.log": accessLine, "playlist.log": playlistLine, "the log": logLine} {
		text, err := s.logged(name, s.checked[name])
		if err != nil {
			t.Fatal(err)
		}
		s.checked[name] += int64(checkLines(t, name, text, form))
	}
}

// says waits for a line of the server's log with all the parts.
func (s *station) says(t *testing.T, parts ...string) {
	t.Helper()
	read := int64(0)
	eventually(t, fmt.Sprintf("%q in the log", parts), func() bool {
		text := s.log.From(read)
		text = text[:strings.LastIndexByte(text, '\n')+1]
		read += int64(len(text))
		for line := range strings.Lines(text) {
			if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) {
				return true
			}
		}
		return false
	})
}

// logged returns what a log holds from an offset on.
func (s *station) logged(name string, from int64) (string, error) {
	if name == "the log" {
		return s.log.From(from), nil
	}
	file, err := os.Open(filepath.Join(s.dir, name))
	if errors.Is(err, os.ErrNotExist) { // it comes with its first line
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, from, math.MaxInt64-from))
	return string(text), err
}

var (
	logLine      = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  (debug|info|warn|error)  `)
	accessLine   = regexp.MustCompile(`^\S+ - \S* \[[^\]]+\] ` + quoted + ` \d{3} \d+ ` + quoted + ` ` + quoted + ` \d+$`)
	playlistLine = regexp.MustCompile(`^\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\|/[^|]*\|\d+\|`)
)

// quoted is a field of the access log.
const quoted = `"(?:[^"\\]|\\.)*"`

// forged is the beginning of a line that is sent in the hope that it comes to
// stand in a log as one of its own.
const forged = "1999-01-01 00:00:00  info  "

// checkLines checks all lines that have an end, and returns how long they are:
// one that is wrong, or tells of a panic, fails one case.
func checkLines(t *testing.T, name, text string, form *regexp.Regexp) int {
	t.Helper()
	whole := text[:strings.LastIndexByte(text, '\n')+1] // the last line may be half written
	for line := range strings.Lines(whole) {
		line = strings.TrimSuffix(line, "\n")
		if !form.MatchString(line) || strings.HasPrefix(line, forged) || strings.Contains(line, "a bug in relay") || strings.ContainsFunc(line, func(c rune) bool { return unicode.IsControl(c) && c != '\t' }) {
			t.Errorf("a line of %s that must not be: %.1000q", name, line)
		}
	}
	return len(whole)
}

func basic(login string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(login)) + "\r\n"
}
