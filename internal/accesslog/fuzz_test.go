package accesslog

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"relay/icy"
)

// lineOf returns the line that write has written to new logs.
func lineOf(t *testing.T, write func(*Logs)) []byte {
	t.Helper()
	lines := make(chan []byte, 2)
	l := &Logs{access: &logFile{lines: lines}, playlist: &logFile{lines: lines}}
	write(l)
	if len(lines) != 1 {
		t.Fatalf("%d lines", len(lines))
	}
	return <-lines
}

var accessLine = regexp.MustCompile(`^(\S+) - (\S+) \[[^\]]+\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)" (\d+)\n$`)

// FuzzAccessLine: any text from a client becomes one line, in which each field can be
// read again.
func FuzzAccessLine(f *testing.F) {
	f.Add("GET", "/live", "http://a.example/", "VLC/3.0", "dj")
	f.Add("GET", "/\" 200 1 \"-\" \"", "\\", "\\\"", "a b")
	f.Add("G\r\nT", "/\x00\x1b[2J", "\n", "a\x7f\xff", "\t")
	f.Fuzz(func(t *testing.T, method, target, referer, agent, user string) {
		req := &http.Request{Method: method, RequestURI: target, Proto: "HTTP/1.1", RemoteAddr: "192.0.2.1:5", Header: http.Header{}}
		req.Header.Set("Referer", referer)
		req.Header.Set("User-Agent", agent)
		req.SetBasicAuth(user, "secret")
		text := lineOf(t, func(l *Logs) { l.End(l.Begin(req), 200, 7) })
		if bytes.ContainsFunc(text[:len(text)-1], func(c rune) bool { return c < ' ' || c == 0x7f }) {
			t.Fatalf("a line with control characters: %q", text)
		}
		fields := accessLine.FindSubmatch(text)
		if fields == nil {
			t.Fatalf("a line that is none: %q", text)
		}
		user, _, _ = strings.Cut(user, ":")
		user = icy.Clip(user, icy.MaxUser)
		target, _, _ = strings.Cut(target, "?")
		target = icy.CutText(target, maxAddress)
		referer, _, _ = strings.Cut(referer, "?")
		referer = icy.Clip(referer, maxAddress)
		for i, want := range map[int]string{1: "192.0.2.1", 2: user, 3: method + " " + target + " HTTP/1.1", 4: "200", 5: "7", 6: referer, 7: agent} {
			if want == "" {
				want = "-"
			}
			if got := unquoted(t, string(fields[i])); got != want {
				t.Errorf("field %d says %q, want %q: %q", i, got, want, text)
			}
		}
	})
}

// unquoted returns the original text of a field.
func unquoted(t *testing.T, s string) string {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			b.WriteByte(s[i])
		case strings.HasPrefix(s[i:], `\x`) && i+4 <= len(s):
			n, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
			if err != nil {
				t.Fatalf("%q: %v", s, err)
			}
			b.WriteByte(byte(n))
			i += 3
		default:
			i++
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// FuzzPlaylistLine: any title becomes one line of four fields, of which the last may
// contain bars.
func FuzzPlaylistLine(f *testing.F) {
	f.Add("/live", "Artist - Title", 3)
	f.Add("/a|b", "a|b\r\nc", 0)
	f.Add("/live", "\n01/Jan/1999:00:00:00 +0000|/live|1|forged", 1<<30)
	f.Fuzz(func(t *testing.T, mount, title string, listeners int) {
		text := string(lineOf(t, func(l *Logs) { l.Title(mount, listeners, title) }))
		if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") || strings.Contains(text, "\r") {
			t.Fatalf("no line: %q", text)
		}
		bars := strings.Count(mount, "|") + 3 // mounts have none, but titles may
		fields := strings.SplitN(strings.TrimSuffix(text, "\n"), "|", bars+1)
		if len(fields) != bars+1 || fields[bars-1] != fmt.Sprint(listeners) {
			t.Errorf("%q", text)
		}
		if len(fields[bars]) > 6*len(title) { // the longest form of a character
			t.Errorf("%q of %q", fields[bars], title)
		}
	})
}
