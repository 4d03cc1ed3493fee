package accesslog

import (
	"bufio"
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
)

// rotation is a goroutine that lumberjack keeps for each file it has ever written.
const rotation = "gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreTopFunction(rotation)) }

// written returns the contents of the two files after use.
func written(t *testing.T, use func(*Logs)) (access, playlist string) {
	t.Helper()
	dir := t.TempDir()
	c := conf.Default().Log
	c.AccessFile, c.PlaylistFile = filepath.Join(dir, "access.log"), filepath.Join(dir, "playlist.log")
	l := New(c, zap.NewNop())
	use(l)
	ended, end := context.WithCancel(context.Background())
	end()
	l.Run(ended)
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(text)
	}
	return read(c.AccessFile), read(c.PlaylistFile)
}

func listener(header http.Header) *http.Request {
	return &http.Request{
		Method: "GET", Proto: "HTTP/1.0", RequestURI: "/live.mp3?token=secret", URL: &url.URL{Path: "/live.mp3"},
		RemoteAddr: "127.0.0.1:1234", Header: header,
	}
}

// Lines are equal to the recorded ones, except for their time.
func TestLinesAsRecorded(t *testing.T) {
	access, playlist := written(t, func(l *Logs) {
		l.End(l.Begin(listener(http.Header{"Referer": {"http://player.example/"}, "User-Agent": {"LabPlayer/1.0 (test)"}})), 200, 154518)
		l.End(l.BeginSource(netip.MustParseAddr("127.0.0.1"), "/live.mp3"), 200, 19)
		l.Title("/live.mp3", 0, "Artist - Title")
	})
	const when = `\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}`
	for text, want := range map[string]string{
		access: `^127\.0\.0\.1 - - \[` + when + `\] "GET /live\.mp3 HTTP/1\.0" 200 154518 "http://player\.example/" "LabPlayer/1\.0 \(test\)" 0\n` +
			`127\.0\.0\.1 - - \[` + when + `\] "SOURCE /live\.mp3 ICE/1\.0" 200 19 "-" "-" 0\n$`,
		playlist: `^` + when + `\|/live\.mp3\|0\|Artist - Title\n$`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("got  %swant %s", text, want)
		}
	}
}

// Text from clients cannot form a line of its own or end a field.
func TestNobodyWritesOthersLines(t *testing.T) {
	access, playlist := written(t, func(l *Logs) {
		req := listener(http.Header{"User-Agent": {"a\" 200 1 \"b\\\n127.0.0.1 - forged"}})
		req.SetBasicAuth("me and\nyou", "x")
		l.End(l.Begin(req), 200, 1)
		l.Title("/live", 3, "one\n23/Nov/2026:18:53:18 +0000|/live|99|forged\r|two")
	})
	if strings.Count(access, "\n") != 1 || !strings.Contains(access, `"a\" 200 1 \"b\\\x0a127.0.0.1 - forged"`) || !strings.Contains(access, ` - me\x20and\x0ayou [`) {
		t.Errorf("access.log %s", access)
	}
	if strings.Count(playlist, "\n") != 1 {
		t.Errorf("playlist.log %s", playlist)
	}
}

// Nor can it control the terminal on which a log is shown.
func TestLogsSteerNoTerminal(t *testing.T) {
	access, playlist := written(t, func(l *Logs) {
		req := listener(http.Header{"User-Agent": {"a\u009b31m\x9b\x7f\u202eé b"}, "Referer": {"\u009d0;x"}})
		req.RequestURI = "/a\u009b31m"
		l.End(l.Begin(req), 200, 1)
		l.Title("/a\u009bb", 3, "one\u009b31m\x7f\u2028\x1b]0;é")
	})
	for _, want := range []string{`"a\xc2\x9b31m\x9b\x7f\xe2\x80\xaeé b"`, `"\xc2\x9d0;x"`, `"GET /a\xc2\x9b31m HTTP/1.0"`} {
		if !strings.Contains(access, want) {
			t.Errorf("no %s in %s", want, access)
		}
	}
	if !strings.HasSuffix(playlist, "|/a b|3|one 31m   ]0;é\n") {
		t.Errorf("playlist.log %q", playlist)
	}
}

func TestNoFilesNoLogs(t *testing.T) {
	l := New(conf.Default().Log, zap.NewNop())
	if l != nil {
		t.Fatal("logs without files")
	}
	l.End(l.Begin(listener(nil)), 200, 1) // every method may still be called
	l.Title("/live", 1, "x")
	l.Run(context.Background())
}

func TestTroubleIsToldOnce(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	c := conf.Default().Log
	c.PlaylistFile = filepath.Join(t.TempDir(), "file", "playlist.log")
	if err := os.WriteFile(filepath.Dir(c.PlaylistFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := New(c, zap.New(core))
	for range queued + 5 {
		l.Title("/live", 1, "x")
	}
	ended, end := context.WithCancel(context.Background())
	end()
	l.Run(ended)
	if n := logs.FilterMessageSnippet("cannot write").Len(); n != 1 {
		t.Errorf("%d lines say that a log cannot be written", n)
	}
	if lost := logs.FilterMessageSnippet("could not keep up").All(); len(lost) != 1 || lost[0].ContextMap()["lost lines"] != int64(5) {
		t.Errorf("said of lost lines: %v", lost)
	}
}

// A disk that hangs does not keep the server from stopping.
func TestHangingDiskAtTheEnd(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "access.log") // opening it waits for a reader
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zap.DebugLevel)
	l := New(conf.Log{AccessFile: pipe}, zap.New(core))
	l.goodbye = time.Millisecond
	l.End(l.Begin(listener(nil)), 200, 1)
	ended, end := context.WithCancel(context.Background())
	end()
	l.Run(ended)
	if logs.FilterMessageSnippet("does not answer").Len() != 1 {
		t.Errorf("the log says %v", logs.All())
	}
	reader, err := os.OpenFile(pipe, os.O_RDWR, 0) // the writer may open it more than once
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := bufio.NewReader(reader).ReadString('\n'); err != nil {
		t.Error(err)
	}
	if err := goleak.Find(goleak.IgnoreTopFunction(rotation)); err != nil { // the writer ends after its line
		t.Error(err)
	}
}
