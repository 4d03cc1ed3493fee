package icy_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"relay/e2e/recorded"
	"relay/icy"
)

func TestPasswordLineForms(t *testing.T) {
	tests := []struct {
		line string
		want []icy.PasswordLine
	}{
		{"hackme", []icy.PasswordLine{{Password: "hackme"}}},
		{"hackme:#1", []icy.PasswordLine{{Password: "hackme"}, {Password: "hackme:#1"}, {User: "hackme", Password: "#1"}}},
		{"dj:hackme", []icy.PasswordLine{{Password: "dj:hackme"}, {User: "dj", Password: "hackme"}}},
		{"dj:hackme:#12", []icy.PasswordLine{
			{Password: "dj:hackme"}, {User: "dj", Password: "hackme"},
			{Password: "dj:hackme:#12"}, {User: "dj", Password: "hackme:#12"},
		}},
		{"/live:hackme", []icy.PasswordLine{{Password: "/live:hackme"}, {Mount: "/live", Password: "hackme"}}},
		{"/live:dj:hackme", []icy.PasswordLine{{Password: "/live:dj:hackme"}, {Mount: "/live", Password: "dj:hackme"}, {Mount: "/live", User: "dj", Password: "hackme"}}},
		{"/live:dj,hackme", []icy.PasswordLine{{Password: "/live:dj,hackme"}, {Mount: "/live", Password: "dj,hackme"}, {Mount: "/live", User: "dj", Password: "hackme"}}},
		{"/live:dj:hackme:#1", []icy.PasswordLine{
			{Password: "/live:dj:hackme"}, {Mount: "/live", Password: "dj:hackme"}, {Mount: "/live", User: "dj", Password: "hackme"},
			{Password: "/live:dj:hackme:#1"}, {Mount: "/live", Password: "dj:hackme:#1"}, {Mount: "/live", User: "dj", Password: "hackme:#1"},
		}},
		{"dj,hackme", []icy.PasswordLine{{Password: "dj,hackme"}, {User: "dj", Password: "hackme"}}},
		{"dj,a:b", []icy.PasswordLine{{Password: "dj,a:b"}, {User: "dj,a", Password: "b"}, {User: "dj", Password: "a:b"}}},
		{"/live", []icy.PasswordLine{{Password: "/live"}}},
		{"/live:", []icy.PasswordLine{{Password: "/live:"}}},
		{",", []icy.PasswordLine{{Password: ","}}},
		{"hackme:#x", []icy.PasswordLine{{Password: "hackme:#x"}, {User: "hackme", Password: "#x"}}},
		{"hackme:", []icy.PasswordLine{{Password: "hackme:"}}},
		{":hackme", []icy.PasswordLine{{Password: ":hackme"}}},
		{":#1", []icy.PasswordLine{{Password: ":#1"}}},
	}
	for _, tt := range tests {
		if got := icy.ReadPasswordLine(tt.line); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %+v, want %+v", tt.line, got, tt.want)
		}
	}
}

func TestWhatMayBeAPassword(t *testing.T) {
	for line, want := range map[string]bool{
		"hackme": true, "/live:hackme:#1": true, "two words": true, "!POKE": true, "pässwort": true, "p\xe4sswort": true,
		"": false, "GET /live": false, "GET /live HTTP/2.0": false, "GET  HTTP/1.1": false, "SOURCE hackme /live": false,
		"PROXY TCP4 1.2.3.4 5.6.7.8 1 2": false, "\x16\x03\x01\x02\x00": false, "a\tb": false, strings.Repeat("a", 600): false,
	} {
		if got := icy.IsPasswordLine(line); got != want {
			t.Errorf("IsPasswordLine(%q) = %v", line, got)
		}
	}
}

func TestWhatMayFollowAPassword(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "i": true, "icy-name:x": true, "ICY-name:x": true, "\r\n": true, "\n": true, "Host: radio": true, "content-type:audio/mpeg": true,
		"hello": false, "icecast": false, "GET / HTTP/1.0": false,
	} {
		if got := icy.IsSourceHeadStart([]byte(text)); got != want {
			t.Errorf("IsSourceHeadStart(%q) = %v", text, got)
		}
	}
}

// The heads that real programs sent after their password.
func TestSourceHeads(t *testing.T) {
	tests := []struct {
		file string
		conn int
		want icy.Station
	}{
		{"source-shoutcast-v1", 0, icy.Station{Name: "Lab SC Radio", Genre: "Test", URL: "http://radio.example/", BitRate: 128, Type: "audio/mpeg"}},
		{"source-shoutcast-v1-lf-only", 0, icy.Station{Name: "LF only", BitRate: 128}},
		{"source-shoutcast-v1-one-packet", 0, icy.Station{Name: "One go", BitRate: 128, Type: "audio/mpeg"}},
		{"source-libshout-icy", 1, icy.Station{Name: "Lab ez", Genre: "Test", URL: "http://radio.example/", BitRate: 128}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			sent := recorded.Connections(t, tt.file)[tt.conn].Client
			line, ok := icy.FirstLine(sent)
			if !ok || line != "hackme" || !icy.IsPasswordLine(line) {
				t.Fatalf("first line %q", line)
			}
			_, head, _ := bytes.Cut(sent, []byte("\n"))
			if !icy.IsSourceHeadStart(head) {
				t.Error("not taken for a source's head")
			}
			end := icy.SourceHeadEnd(head)
			if !bytes.HasPrefix(head[end:], []byte("\xff\xfb")) {
				t.Fatalf("behind the head: %q", head[end:])
			}
			header, err := icy.ParseSourceHead(head[:end])
			if err != nil {
				t.Fatal(err)
			}
			if got := icy.StationFromHeader(header, ""); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	h, err := icy.ParseSourceHead([]byte("Host: radio:8001\r\nicy-name:A\r\ncontent-type:audio/mpeg\r\nicy-metaint:8192\r\n\r\n"))
	if err != nil || h.Get("Host") != "" || h.Get("Content-Type") != "audio/mpeg" || icy.InlineMetaint(h) != 8192 {
		t.Errorf("got %v, %v", h, err)
	}
	if _, err := icy.ParseSourceHead([]byte(strings.Repeat("icy-a:b\n", 500))); err == nil {
		t.Error("500 lines were taken")
	}
}

func FuzzPasswordLine(f *testing.F) {
	for _, line := range []string{"hackme", "dj:hackme:#1", "/live:hackme", ":#", "a:#0"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		readings := icy.ReadPasswordLine(line)
		if len(readings) == 0 || len(readings) > 8 {
			t.Fatalf("%d readings of %q", len(readings), line)
		}
		whole := false
		for _, r := range readings {
			if r.Mount != "" && r.Mount[0] != '/' {
				t.Errorf("%q: %+v", line, r)
			}
			before := r.Mount + r.User
			if r.Mount != "" && r.User != "" {
				before = r.Mount + ":" + r.User
			}
			if !strings.Contains(line, r.Password) || !strings.HasPrefix(line, before) {
				t.Errorf("%q: %+v", line, r)
			}
			whole = whole || r == icy.PasswordLine{Password: line}
		}
		if !whole {
			t.Errorf("%q itself is not tried: %+v", line, readings)
		}
	})
}

func FuzzSourceHead(f *testing.F) {
	for _, head := range []string{"icy-name:x\n\n", "Host: a\r\nicy-br:128\r\n\r\n", "\n", " a\nicy-x:\n b\n\r\n"} {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		icy.IsSourceHeadStart(b)
		end := icy.SourceHeadEnd(b)
		if end > len(b) || end > 0 && b[end-1] != '\n' {
			t.Fatalf("head of %d bytes in %q", end, b)
		}
		header, err := icy.ParseSourceHead(b[:end])
		if err != nil {
			return
		}
		for name, values := range header {
			for _, v := range values {
				if strings.ContainsAny(v, "\r\n\x00") {
					t.Fatalf("control character in %s: %q", name, v)
				}
			}
		}
	})
}
