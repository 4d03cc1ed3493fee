package hostile

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
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

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/e2e/harness"
)

const (
	patience = harness.Patience

	// crowd is the number of listeners that are connected throughout.
	crowd = 50

	sourceLogin = "Authorization: Basic c291cmNlOmhhY2ttZQ==\r\n" // source:hackme
)

// configuration has limits that no client reaches only because the machine is busy. The
// burst is so long that no silence is played for a source that is late by some seconds.
// Tests whose cases wait for a limit shorten that one; see with.
const configuration = `
[server]
listen = ["127.0.0.1:0"]
[limits]
count_after = "0s"
flush_interval = "100ms"
flush_max = "100ms"
header_timeout = "5m"
source_timeout = "5m"
listener_timeout = "5m"
burst = "1m"
buffer = "8MiB"
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

// with returns the configuration with other values for some of its settings, each
// given as a line of the file.
func with(settings ...string) string {
	toml := configuration
	for _, setting := range settings {
		key, _, _ := strings.Cut(setting, " = ")
		line := regexp.MustCompile(`(?m)^` + key + ` = .*$`)
		if !line.MatchString(toml) {
			panic("the configuration has no " + key)
		}
		toml = line.ReplaceAllLiteralString(toml, setting)
	}
	return toml
}

// station is a server on the air with a source and its crowd.
type station struct {
	addr string
	dir  string
	cmd  *exec.Cmd
	out  harness.Buffer
	log  harness.Buffer

	exited  chan struct{}
	clients atomic.Uint32
	sent    atomic.Uint64         // number of the last frame
	cut     atomic.Pointer[error] // the error that has ended the source
	crowd   []*listener
	titles  sync.Map // all titles that were set on /live

	checking sync.Mutex
	checked  map[string]int64 // offsets up to which the logs have been checked

	reading sync.Mutex
	read    int64                 // offset up to which the log has been read into about
	about   map[string]mountLines // by mount
}

// beside runs a case at the same time as the others of its group, however few tests
// -parallel allows: nearly all of its time it waits for a limit of the server.
func beside(t *testing.T, group *sync.WaitGroup, name string, do func(t *testing.T)) {
	group.Go(func() { t.Run(name, do) })
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

// openWith starts a station with the given configuration.
func openWith(t *testing.T, toml string) *station {
	t.Helper()
	return openFor(t, crowd, toml)
}

// openFor starts a station with the given number of listeners.
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

// close stops the server, which must be running until then and end in order.
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
		t.Logf("the server said:\n%s", harness.Tail(harness.WithoutFarewells(log), 60))
	}
}

// reload replaces the configuration, and waits until the server has loaded it.
func (s *station) reload(t *testing.T, toml string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "relay.toml"), []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	from := int64(len(s.log.String()))
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the reload", func() bool { return strings.Contains(s.log.From(from), "configuration loaded") })
}

// mountLines is what the log says of a mount.
type mountLines struct {
	left string // why its last source was disconnected; empty: none was
	told int    // number of lines, without those for debugging
}

// linesAbout returns what the log says of a mount. Each line is read only once, however
// often this is called.
func (s *station) linesAbout(mount string) mountLines {
	s.reading.Lock()
	defer s.reading.Unlock()
	if s.about == nil {
		s.about = map[string]mountLines{}
	}
	text := s.log.From(s.read)
	text = text[:strings.LastIndexByte(text, '\n')+1] // the last line may be incomplete
	s.read += int64(len(text))
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "  debug  ") {
			for _, name := range quotedMount.FindAllStringSubmatch(line, -1) {
				said := s.about[name[1]]
				said.told++
				s.about[name[1]] = said
			}
		}
		if _, fields, found := strings.Cut(line, "  source left  "); found {
			var left struct{ Mount, Reason string }
			if json.Unmarshal([]byte(fields), &left) == nil {
				said := s.about[left.Mount]
				said.left = left.Reason
				s.about[left.Mount] = said
			}
		}
	}
	return s.about[mount]
}

// quotedMount matches a value that may be the name of a mount.
var quotedMount = regexp.MustCompile(`"(/[^"\\]*)"`)

// dial opens a connection with a deadline for all reads and writes.
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

// connect opens a connection from a new local address, if the system has several, so
// that the actions of one client do not count against the next.
func (s *station) connect() (net.Conn, error) {
	n := s.clients.Add(1)
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1+byte(n>>16), byte(n>>8), byte(n))}}
	if conn, err := from.Dial("tcp", s.addr); err == nil {
		return conn, nil
	}
	return net.Dial("tcp", s.addr)
}

// ask sends raw bytes and nothing more on a new connection, and returns the answer until
// the server closes, or the first maxAnswer bytes of a stream.
func (s *station) ask(t testing.TB, raw string) string {
	t.Helper()
	return s.exchange(t, raw, (*net.TCPConn).CloseWrite)
}

// await is ask for a client that keeps its side of the connection open: the server takes
// a client that closes it, while the server asks another server, for one that has left.
func (s *station) await(t testing.TB, raw string) string {
	t.Helper()
	return s.exchange(t, raw, func(*net.TCPConn) error { return nil })
}

// exchange sends raw bytes on a new connection, then calls then, and returns the answer.
func (s *station) exchange(t testing.TB, raw string, then func(*net.TCPConn) error) string {
	t.Helper()
	conn := s.dial(t)
	defer conn.Close()
	sent := make(chan struct{})
	go func() { // a server that refuses a request need not read all of it
		defer close(sent)
		io.WriteString(conn, raw)
		then(conn)
	}()
	answer := read(t, conn)
	conn.Close()
	<-sent
	return answer
}

// maxAnswer bounds how much of a stream is read, in bytes.
const maxAnswer = 64 << 10

// read returns the answer until the server closes, or the first maxAnswer bytes of a
// stream. If the test's own deadline ends it, the test fails.
func read(t testing.TB, conn net.Conn) string {
	t.Helper()
	answer, err := io.ReadAll(io.LimitReader(conn, maxAnswer))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the server says no more and does not close; it said %.100q", answer)
	}
	return string(answer)
}

// outcome returns how the server answered a request: the status, its text for clients
// that do not speak HTTP, or one of those below.
func outcome(answer string) string {
	head, body, _ := strings.Cut(answer, "\r\n\r\n")
	switch status := statusOf(head); {
	case answer == "":
		return silent
	case status == "200" && strings.Contains(head, "\nContent-Type: audio/mpeg"):
		if h, ok := mp3.ParseHeader([]byte(body)); ok && len(body) >= h.Size {
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

// portion is the number of frames that the source of /live sends at once: as many as
// are played in one flush interval.
const portion = 4

// frameLength is the time that one of them plays.
var frameLength = frametest.Header(128000, 44100, 2).Duration()

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
		s.unlessCut(t)
	})
	go func() {
		defer close(stopped)
		start := time.Now()
		for last := start; ; {
			conn.SetDeadline(time.Now().Add(patience))
			sent := s.sent.Load()
			if _, err := conn.Write(numbered(128000, sent+1, sent+portion)); err != nil {
				err = fmt.Errorf("the source of /live, after frame %d, %v after the write before: %w", sent, time.Since(last), err)
				s.cut.Store(&err)
				return
			}
			last = time.Now()
			select {
			case <-stop:
				return
			case <-time.After(time.Until(start.Add(time.Duration(s.sent.Add(portion)) * frameLength))):
			}
		}
	}()
	eventually(t, "the mount", func() bool { return strings.HasPrefix(s.ask(t, "HEAD /live HTTP/1.0\r\n\r\n"), "HTTP/1.0 200") })
}

// unlessCut fails the test if the source of /live has lost its connection, and returns
// whether it has not.
func (s *station) unlessCut(t *testing.T) bool {
	t.Helper()
	err := s.cut.Load()
	if err == nil {
		return true
	}
	reason := "nothing"
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, "source left") && strings.Contains(line, `"mount": "/live"`) {
			reason = strings.TrimSpace(line)
		}
	}
	t.Errorf("%v; the server says %s", *err, reason)
	return false
}

// settled checks that no connected client has lost anything: each listener hears a
// frame that was sent after the call.
func (s *station) settled(t *testing.T) {
	t.Helper()
	next := s.sent.Load() + 1
	for i, l := range s.crowd {
		eventually(t, fmt.Sprintf("listener %d to hear frame %d", i, next), func() bool {
			return l.heard.Load() >= next || l.failure() != nil || s.cut.Load() != nil || s.gone()
		})
		if !s.unlessCut(t) {
			t.FailNow()
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

// checkLogs checks the lines that the logs have got since the last call.
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

// says waits for a line of the server's log that has all the parts.
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

// logged returns the content of a log from an offset on.
func (s *station) logged(name string, from int64) (string, error) {
	if name == "the log" {
		return s.log.From(from), nil
	}
	file, err := os.Open(filepath.Join(s.dir, name))
	if errors.Is(err, os.ErrNotExist) { // it is created with its first line
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

// quoted matches a quoted field of the access log.
const quoted = `"(?:[^"\\]|\\.)*"`

// forged is the beginning of a line that is sent to appear in a log as a line of its
// own.
const forged = "1999-01-01 00:00:00  info  "

// checkLines checks all complete lines of a log and returns their length in bytes. A
// malformed line, or a panic, fails the test.
func checkLines(t *testing.T, name, text string, form *regexp.Regexp) int {
	t.Helper()
	whole := text[:strings.LastIndexByte(text, '\n')+1] // the last line may be incomplete
	for line := range strings.Lines(whole) {
		line = strings.TrimSuffix(line, "\n")
		if !form.MatchString(line) || strings.HasPrefix(line, forged) || strings.Contains(line, "a bug in relay") || strings.ContainsFunc(line, func(c rune) bool { return unicode.IsControl(c) && c != '\t' }) {
			t.Errorf("a malformed line of %s: %.1000q", name, line)
		}
	}
	return len(whole)
}

func basic(login string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(login)) + "\r\n"
}
