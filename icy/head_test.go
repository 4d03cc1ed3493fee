package icy_test

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"relay/e2e/recorded"
	"relay/icy"
)

func TestHeadsOfRealClientsAreRead(t *testing.T) {
	heads := recorded.ClientHeads(t)
	if len(heads) < 50 {
		t.Fatalf("only %d heads in the recordings", len(heads))
	}
	for _, h := range heads {
		line, _ := icy.FirstLine(h.Bytes)
		if !strings.Contains(line, " HTTP/") {
			// The server recognises SHOUTcast logins and Icecast 1.3's "SOURCE password
			// /mount" before it looks for a head.
			if _, err := icy.ParseRequestLine(line); err == nil {
				t.Errorf("%s: %q was taken for a request", h.File, line)
			}
			continue
		}
		if end := icy.HeadEnd(h.Bytes); end != len(h.Bytes) {
			t.Errorf("%s: head ends at %d of %d", h.File, end, len(h.Bytes))
		}
		req, err := icy.ParseHead(h.Bytes)
		if err != nil {
			t.Errorf("%s: %v\n%s", h.File, err, h.Bytes)
			continue
		}
		strict, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(icy.AppendHead(nil, req))))
		if err != nil {
			t.Errorf("%s: net/http refuses the repaired head: %v", h.File, err)
			continue
		}
		if strict.Method != req.Method || strict.URL.Path != req.URL.Path || strict.UserAgent() != req.UserAgent() {
			t.Errorf("%s: repaired to %v %v, want %v %v", h.File, strict.Method, strict.URL, req.Method, req.URL)
		}
	}
}

func TestParseHead(t *testing.T) {
	tests := []struct {
		name, head                string
		method, path, query, host string
		minor                     int
		header                    map[string]string
	}{
		{name: "ICE/1.0", head: "SOURCE /live ICE/1.0\r\nice-name: A\r\n\r\n", method: "SOURCE", path: "/live",
			header: map[string]string{"Ice-Name": "A"}},
		{name: "lower case", head: "source /live http/1.0\r\nice-name: A\r\n\r\n", method: "SOURCE", path: "/live",
			header: map[string]string{"Ice-Name": "A"}},
		{name: "mixed case", head: "Source /live Ice/1.0\r\n\r\n", method: "SOURCE", path: "/live"},
		{name: "put", head: "put /live http/1.1\r\nHost: a\r\n\r\n", method: "PUT", path: "/live", host: "a", minor: 1},
		{name: "an escaped query", head: "SOURCE /m1%3fprio%3d3 HTTP/1.0\r\n\r\n", method: "SOURCE", path: "/m1?prio=3"},
		{name: "LF only", head: "SOURCE /live HTTP/1.0\nice-name: A\n\n", method: "SOURCE", path: "/live",
			header: map[string]string{"Ice-Name": "A"}},
		{name: "CR CR LF", head: "GET /live HTTP/1.0\r\r\nIcy-MetaData: 1\r\r\n\r\r\n", method: "GET", path: "/live",
			header: map[string]string{"Icy-Metadata": "1"}},
		{name: "empty lines first", head: "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", method: "GET", path: "/", host: "a", minor: 1},
		{name: "raw blank in the query", head: "GET /admin/metadata?song=A B HTTP/1.0\r\n\r\n", method: "GET",
			path: "/admin/metadata", query: "song=A B"},
		{name: "raw bytes and bad escapes stay", head: "GET /x?song=Caf\xc3\xa9%zz; HTTP/1.0\r\n\r\n", method: "GET",
			path: "/x", query: "song=Caf\xc3\xa9%zz;"},
		{name: "fragment cut off", head: "GET /x?song=a#b HTTP/1.0\r\n\r\n", method: "GET", path: "/x", query: "song=a"},
		{name: "escaped path", head: "SOURCE /a%20b%2Fc.mp3 HTTP/1.0\r\n\r\n", method: "SOURCE", path: "/a b/c.mp3"},
		{name: "absolute target", head: "GET http://radio.example:8000/live?x=1 HTTP/1.1\r\nHost: b\r\n\r\n", method: "GET",
			path: "/live", query: "x=1", host: "b", minor: 1},
		{name: "OPTIONS *", head: "OPTIONS * HTTP/1.1\r\nHost: b\r\n\r\n", method: "OPTIONS", path: "*", host: "b", minor: 1},
		{name: "impossible host", head: "GET /live HTTP/1.0\r\nHost: radio.example//listen/station\r\n\r\n", method: "GET",
			path: "/live", host: "radio.example//listen/station"},
		{name: "line without a colon, blank before one, folded line", method: "GET", path: "/live",
			head:   "GET /live HTTP/1.0\r\nnonsense\r\nX-One : 1\r\nX-Two: a\r\n  b\r\n\r\n",
			header: map[string]string{"X-One": "1", "X-Two": "a b"}},
		{name: "control characters in a value", head: "GET /live HTTP/1.0\r\nUser-Agent: a\x00b\rc\r\n\r\n", method: "GET",
			path: "/live", header: map[string]string{"User-Agent": "a b c"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := icy.ParseHead([]byte(tt.head))
			if err != nil {
				t.Fatal(err)
			}
			if req.Method != tt.method || req.URL.Path != tt.path || req.URL.RawQuery != tt.query || req.Host != tt.host || req.ProtoMinor != tt.minor {
				t.Errorf("got %s path %q query %q host %q 1.%d", req.Method, req.URL.Path, req.URL.RawQuery, req.Host, req.ProtoMinor)
			}
			for name, want := range tt.header {
				if got := req.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	for _, line := range []string{
		"hackme", "", "GET", "GET /live", "GET /live HTTP/2.0", "GET  HTTP/1.1", "SOURCE hackme /live",
		"\x16\x03\x01\x02\x00", "GET /live FTP/1.0", "G(T /live HTTP/1.1", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2",
	} {
		if _, err := icy.ParseRequestLine(line); err == nil {
			t.Errorf("%q was taken for a request", line)
		}
	}
	tooMany := "GET / HTTP/1.1\r\n" + strings.Repeat("a: b\r\n", 500) + "\r\n"
	if _, err := icy.ParseHead([]byte(tooMany)); err == nil {
		t.Error("500 header lines were taken")
	}
}

func TestPlausibleHost(t *testing.T) {
	for host, want := range map[string]bool{
		"radio.example": true, "radio.example:8000": true, "127.0.0.1:8000": true, "[::1]:8000": true,
		"": false, "radio.example//listen/station": false, "a b": false, "a:b:c": false, "x\"y": false,
		strings.Repeat("a", 300): false, "a:99999999": true, // net/url does not look at the port's size
	} {
		if got := icy.PlausibleHost(host); got != want {
			t.Errorf("PlausibleHost(%q) = %v", host, got)
		}
	}
}

func FuzzParseHead(f *testing.F) {
	for _, h := range recorded.ClientHeads(f) {
		f.Add(h.Bytes)
	}
	f.Add([]byte("GET /x?a=%zz&b=\xff HTTP/1.1\r\nA:\r\n b\r\nHost: [\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		end := icy.HeadEnd(b)
		if end > len(b) {
			t.Fatalf("head of %d bytes in %d", end, len(b))
		}
		req, err := icy.ParseHead(b)
		if err != nil {
			return
		}
		for name, values := range req.Header {
			for _, v := range values {
				if strings.ContainsAny(v, "\r\n\x00") {
					t.Fatalf("control character in %s: %q", name, v)
				}
			}
		}
		repaired := icy.AppendHead(nil, req)
		again, err := icy.ParseHead(repaired)
		if err != nil {
			t.Fatalf("repaired head does not parse: %v\n%q", err, repaired)
		}
		if again.Method != req.Method || again.ProtoMinor != req.ProtoMinor {
			t.Fatalf("repair changed %s to %s", req.Method, again.Method)
		}
	})
}

func BenchmarkParseHead(b *testing.B) {
	head := []byte("GET /live.mp3 HTTP/1.1\r\nHost: radio.example:8000\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" +
		"Accept: */*\r\nIcy-MetaData: 1\r\nRange: bytes=0-\r\nConnection: keep-alive\r\n\r\n")
	b.ReportAllocs()
	for b.Loop() {
		if icy.HeadEnd(head) != len(head) {
			b.Fatal("the head does not end where it should")
		}
		if _, err := icy.ParseHead(head); err != nil {
			b.Fatal(err)
		}
	}
}
