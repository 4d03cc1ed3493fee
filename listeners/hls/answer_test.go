package hls

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"relay/icy"
)

// Segments may be kept for ever by everybody, playlists for half a segment, and what names
// a session, or a fault, not at all.
func TestHeadsOfAnswers(t *testing.T) {
	s := ready(t, live+"headers = { X-Station = 'one' }\n", nil)
	list := s.tune("/live")
	p := newViewer(t).read(s.ask("GET "+list).expect(t, 200).body)
	segment := "/live/hls/" + p.GetAllSegments()[0].URI
	for name, tt := range map[string]struct {
		request              string
		lines                []string
		status               int
		kind, caching, coded string
		tagged, keep         bool
	}{
		"multivariant":     {"GET /live.m3u8", nil, 200, playlistType, never, "", false, true},
		"HEAD":             {"HEAD /live.m3u8", nil, 200, playlistType, never, "", false, true},
		"media":            {"GET " + list, nil, 200, playlistType, briefly, "", true, true},
		"zipped":           {"GET " + list, []string{"Accept-Encoding: br, gzip;q=0.5"}, 200, playlistType, briefly, "gzip", true, true},
		"not zipped":       {"GET " + list, []string{"Accept-Encoding: br, gzip;q=0.0"}, 200, playlistType, briefly, "", true, true},
		"part of playlist": {"GET " + list, []string{"Accept-Encoding: gzip", "Range: bytes=1-2"}, 206, playlistType, briefly, "", true, true},
		"segment":          {"GET " + segment, []string{"Accept-Encoding: gzip"}, 200, "audio/mpeg", forever, "", true, true},
		"HEAD of it":       {"HEAD " + segment, nil, 200, "audio/mpeg", forever, "", true, true},
		"closed":           {"GET " + segment, []string{"Connection: close"}, 200, "audio/mpeg", forever, "", true, false},
		"closed, too":      {"GET " + segment, []string{"Connection: TE, Close"}, 200, "audio/mpeg", forever, "", true, false},
		"part":             {"GET " + segment, []string{"Range: bytes=0-1"}, 206, "audio/mpeg", forever, "", true, true},
		"too far":          {"GET " + segment, []string{"Range: bytes=999999999-"}, 416, "audio/mpeg", never, "", false, true},
		"future":           {"GET " + strings.Replace(segment, ".mp3", "0.mp3", 1), nil, 404, "text/plain; charset=utf-8", never, "", false, true},
		"other epoch":      {"GET /live/hls/0000000000000000-0.mp3", nil, 404, "text/plain; charset=utf-8", never, "", false, true},
		"other kind":       {"GET " + strings.Replace(segment, ".mp3", ".aac", 1), nil, 404, "text/plain; charset=utf-8", never, "", false, true},
		"no file":          {"GET /live/hls/x", nil, 404, "text/plain; charset=utf-8", never, "", false, true},
	} {
		r := s.ask(tt.request, tt.lines...)
		h := r.header
		if r.status != tt.status || h.Get("Content-Type") != tt.kind || h.Get("Cache-Control") != tt.caching || h.Get("Content-Encoding") != tt.coded ||
			(h.Get("ETag") != "") != tt.tagged || r.keep != tt.keep || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("X-Station") != "one" {
			t.Errorf("%s: %+v", name, r)
		}
		if strings.Contains(h.Get("Vary"), "Accept-Encoding") != (tt.kind == playlistType) {
			t.Errorf("%s: varies by %q", name, h.Get("Vary"))
		}
		if want := map[bool]string{true: "keep-alive", false: "close"}[tt.keep]; h.Get("Connection") != want && r.keep {
			t.Errorf("%s: Connection %q", name, h.Get("Connection"))
		}
		if date, err := http.ParseTime(h.Get("Date")); err != nil || time.Since(date).Abs() > 5*time.Second {
			t.Errorf("%s: Date %q", name, h.Get("Date"))
		}
		if strings.HasPrefix(tt.request, "HEAD") != (r.body == "") && tt.status < 300 {
			t.Errorf("%s: a body of %d bytes", name, len(r.body))
		}
	}
	s.Registry.Close()
	s.close()
}

// The codings of a playlist have tags of their own.
func TestConditions(t *testing.T) {
	s := ready(t, live, nil)
	list := s.tune("/live")
	plain, zipped := s.ask("GET "+list), s.ask("GET "+list, "Accept-Encoding: gzip")
	unzip, err := gzip.NewReader(strings.NewReader(zipped.body))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(unzip); err != nil || string(text) != plain.body {
		t.Errorf("zipped: %v, %q", err, text)
	}
	ours, theirs := plain.header.Get("ETag"), zipped.header.Get("ETag")
	if ours == theirs || len(ours) < 10 {
		t.Errorf("tags %s and %s", ours, theirs)
	}
	segment := "/live/hls/" + newViewer(t).read(plain.body).GetAllSegments()[0].URI
	tag := s.ask("GET " + segment).header.Get("ETag")
	for name, tt := range map[string]struct {
		path   string
		lines  []string
		status int
	}{
		"same":          {list, []string{"If-None-Match: " + ours}, 304},
		"any":           {list, []string{"If-None-Match: *"}, 304},
		"weak":          {list, []string{"If-None-Match: \"x\", W/" + ours}, 304},
		"other":         {list, []string{"If-None-Match: \"x\""}, 200},
		"other coding":  {list, []string{"If-None-Match: " + ours, "Accept-Encoding: gzip"}, 200},
		"same coding":   {list, []string{"If-None-Match: " + theirs, "Accept-Encoding: gzip"}, 304},
		"before a part": {segment, []string{"If-None-Match: " + tag, "Range: bytes=0-1"}, 304},
		"if the same":   {segment, []string{"If-Range: " + tag, "Range: bytes=0-1"}, 206},
		"if weak":       {segment, []string{"If-Range: W/" + tag, "Range: bytes=0-1"}, 200},
		"if a time":     {segment, []string{"If-Range: Fri, 27 Nov 2026 11:35:12 GMT", "Range: bytes=0-1"}, 200},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			want := tt.status
			if method == "HEAD" && want == 206 { // ranges are of GET alone
				want = 200
			}
			r := s.ask(method+" "+tt.path, tt.lines...)
			if r.status != want || want == 304 && (r.body != "" || r.header.Get("ETag") == "" || r.header.Get("Cache-Control") == "" || !r.keep) {
				t.Errorf("%s %s: %+v", method, name, r)
			}
		}
	}
	s.Registry.Close()
	s.close()
}

// Every part of a segment is what it is of the whole.
func TestParts(t *testing.T) {
	s := ready(t, live, nil)
	seg := listing(s.tape("/live"))[1]
	whole := string(seg.whole())
	size := len(whole)
	for field, want := range map[string]string{
		"bytes=0-0": whole[:1], "bytes=0-": whole, "bytes=5-9": whole[5:10], "bytes = 5 - 9": whole[5:10],
		"bytes=-1": whole[size-1:], "bytes=-99999999": whole, "bytes=100-99999999999999999999999": whole[100:],
		fmt.Sprintf("bytes=%d-%d", len(seg.head)-1, len(seg.head)): whole[len(seg.head)-1 : len(seg.head)+1],
		fmt.Sprintf("bytes=%d-", size-1):                           whole[size-1:],
		fmt.Sprintf("bytes=40000-%d", size+5):                      whole[40000:],
		"bytes=-0":                                                 "", fmt.Sprintf("bytes=%d-", size): "", "bytes=99999999999999999999999-": "",
	} {
		r := s.ask("GET /live/hls/"+seg.name, "Range: "+field)
		if want == "" {
			if r.status != 416 || r.header.Get("Content-Range") != fmt.Sprintf("bytes */%d", size) || r.body != "" {
				t.Errorf("%s: %d %v", field, r.status, r.header)
			}
			continue
		}
		at := strings.Index(whole, want)
		if len(want) < 5 {
			fmt.Sscanf(r.header.Get("Content-Range"), "bytes %d-", &at)
		}
		if r.status != 206 || r.body != want || r.header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", at, at+len(want)-1, size) {
			t.Errorf("%s: %d %v, %d bytes", field, r.status, r.header, len(r.body))
		}
	}
	for _, field := range []string{"", "bytes", "bytes=", "bytes=-", "bytes=x-1", "bytes=1-x", "bytes=5-4", "bytes=0-1,3-4", "bytes=+1-2", "bytes=1-+2", "items=0-1", "bytes=--1"} {
		if r := s.ask("GET /live/hls/"+seg.name, "Range: "+field); r.status != 200 || r.body != whole {
			t.Errorf("%s: %d", field, r.status)
		}
	}
	s.Registry.Close()
	s.close()
}

// An HTTP/1.0 client keeps its connection only if it asks to.
func TestKeepsAlive(t *testing.T) {
	for head, want := range map[string]bool{
		"GET /x HTTP/1.1":                                       true,
		"GET /x HTTP/1.1\r\nConnection: close":                  false,
		"GET /x HTTP/1.1\r\nConnection: x\r\nConnection: CLOSE": false,
		"GET /x HTTP/1.0":                                       false,
		"GET /x HTTP/1.0\r\nConnection: Keep-Alive":             true,
		"GET /x ICE/1.0":                                        false,
	} {
		req, err := icy.ParseHead([]byte(head + "\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if keepsAlive(req) != want {
			t.Errorf("%q is kept: %v", head, !want)
		}
	}
}

// A client that takes nothing does not keep a goroutine for ever.
func TestClientsThatTakeNothing(t *testing.T) {
	s := ready(t, live, nil)
	ours, theirs := net.Pipe()
	theirs.Close()
	if s.Serve(ours, s.request("192.0.2.1:1", "GET /live.m3u8")) {
		t.Error("a broken connection is kept")
	}
	s.Registry.Close()
}

func FuzzByteRange(f *testing.F) {
	for _, field := range []string{"bytes=0-1", "bytes=-5", "bytes=5-", "bytes=99999999999999999999-", "bytes=1-0", "bytes=-", "x=1-2"} {
		f.Add(field, 1000)
	}
	f.Fuzz(func(t *testing.T, field string, size int) {
		size = int(uint(size) % (1 << 20))
		body := make([]byte, size)
		begin, end, ok := byteRange(field, size)
		if ok && (begin < 0 || end > size) {
			t.Fatalf("%q of %d: %d to %d", field, size, begin, end)
		}
		a := whole(http.StatusOK, "text/plain", never, body)
		a.tag = `"x"`
		a.narrow(&http.Request{Method: http.MethodGet, Header: http.Header{"Range": {field}}})
		if a.status != http.StatusRequestedRangeNotSatisfiable && len(bytes.Join(a.bytes(a.begin, a.end), nil)) != a.end-a.begin {
			t.Fatalf("%q of %d: %d to %d", field, size, a.begin, a.end)
		}
	})
}
