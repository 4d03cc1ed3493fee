package pull

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The first address in a playlist that has a stream is pulled: stations name several
// servers, and any of them may be down.
func TestDeadEntriesOfPlaylists(t *testing.T) {
	list := func(kind, text string) func(net.Conn) {
		return says("HTTP/1.0 200 OK\r\nContent-Type: " + kind + "\r\n\r\n" + text)
	}
	pls := func(addresses ...string) func(net.Conn) {
		text := fmt.Sprintf("[playlist]\nnumberofentries=%d\n", len(addresses))
		for n, address := range addresses {
			text += fmt.Sprintf("File%[1]d=%[2]s\nTitle%[1]d=Radio (#%[1]d)\nLength%[1]d=-1\n", n+1, address)
		}
		return list("audio/x-scpls", text+"Version=2\n")
	}
	m3u := func(addresses ...string) func(net.Conn) {
		return list("audio/x-mpegurl", "#EXTM3U\n"+strings.Join(addresses, "\n")+"\n")
	}
	xspf := func(kind, between string, addresses ...string) func(net.Conn) {
		text := `<?xml version="1.0" encoding="UTF-8"?>` + between + `<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList>`
		for _, address := range addresses {
			text += between + "<track>" + between + "<location>" + address + "</location>" + between + "<title>http://title/</title></track>"
		}
		return list(kind, text+"</trackList></playlist>")
	}
	many := make([]string, 100)
	for n := range many {
		many[n] = fmt.Sprintf("http://missing/%d", n)
	}
	for name, tt := range map[string]struct {
		first  func(net.Conn)
		err    string // empty: a stream is returned
		within time.Duration
		asked  int // requests; 0: not counted
	}{
		"nobody is there":             {pls("http://refused/live", "http://good/live"), "", 0, 2},
		"no such stream":              {pls("http://missing/live", "http://good/live"), "", 0, 3},
		"full":                        {pls("http://full/live", "http://missing/live", "http://good/live"), "", 0, 4},
		"the fifth of five":           {pls("http://refused/1", "http://full/2", "http://missing/3", "http://refused/4", "http://good/5"), "", 0, 4},
		"another format":              {m3u("http://aac/live", "http://good/live"), "", 0, 3},
		"a page":                      {m3u("http://page/", "http://good/live"), "", 0, 3},
		"hangs up":                    {m3u("http://shut/live", "http://good/live"), "", 0, 3},
		"says nothing":                {m3u("http://silent/live", "http://good/live"), "", answerWithin, 3},
		"no address":                  {m3u("http:///nothing", "https://", "http://good/live"), "", 0, 2},
		"named twice":                 {m3u("http://missing/live", "http://missing/live", "http://good/live"), "", 0, 3},
		"a list of its own":           {m3u("http://dead-list/", "http://good/live"), "", 0, 5},
		"a redirect to nobody":        {m3u("http://moved/live", "http://good/live"), "", 0, 3},
		"all of them":                 {pls("http://missing/live", "http://full/live"), "404 File Not Found: it has no such stream now (the other 1 addresses", 0, 3},
		"XSPF":                        {xspf("application/xspf+xml; charset=UTF-8", "\n  ", "http://missing/live", "http://good/live?a=1&amp;b=2"), "", 0, 3},
		"XSPF in one line":            {xspf("application/xspf+xml", "", "http://missing/live", "http://full/live", "http://good/live"), "", 0, 4},
		"the only one":                {pls("http://full/live"), "503 Service Unavailable", 0, 2},
		"no end of them":              {m3u(many...), "404 File Not Found", 0, maxTries},
		"XSPF without an address":     {xspf("application/xspf+xml", "\n", "file:///music/a.mp3"), "a playlist without an address", 0, 1},
		"a list by its name alone":    {list("text/plain", "http://good/live\n"), "", 0, 2},
		"a list without any type":     {says("HTTP/1.0 200 OK\r\n\r\nhttp://good/live\n"), "", 0, 2},
		"the first that has a stream": {pls("http://good/live", "http://missing/live"), "", 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &elsewhereNet{servers: map[string]func(net.Conn){
					"a:80": tt.first, "good:80": says(icecast + "audio"), "missing:80": says("HTTP/1.0 404 File Not Found\r\n\r\n"),
					"full:80": says("ICY 503 Service Unavailable\r\n\r\n"), "aac:80": says("HTTP/1.0 200 OK\r\nContent-Type: video/mp4\r\n\r\n"),
					"page:80": says("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>"), "shut:80": says(""), "silent:80": hangs(""),
					"dead-list:80": pls("http://missing/1", "http://full/2"), "moved:80": says("HTTP/1.0 302 Found\r\nLocation: http://refused/\r\n\r\n"),
				}}
				began := time.Now()
				r, err := e.puller().stream(t.Context(), "http://a/radio.pls", login{}, "/live")
				if got := time.Since(began); got != tt.within {
					t.Errorf("took %v, want %v", got, tt.within)
				}
				switch {
				case tt.err != "":
					if err == nil || !strings.Contains(err.Error(), tt.err) {
						t.Errorf("got %v, want %q", err, tt.err)
					}
				case err != nil:
					t.Error(err)
				default:
					if body, _ := io.ReadAll(r.body); string(body) != "audio" {
						t.Errorf("body %q", body)
					}
					r.Close()
				}
				e.open.Wait()
				if n := len(e.asked()); n != tt.asked {
					t.Errorf("%d servers were asked, want %d", n, tt.asked)
				}
			})
		})
	}
}

// If a server has a stream without music, the next one of the playlist is tried, one
// with each attempt.
func TestEntriesWithoutMusicAreTriedLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRelay(t, false, says("HTTP/1.0 200 OK\r\nContent-Type: audio/x-scpls\r\n\r\n"+
			"[playlist]\nFile1=http://silent/live\nFile2=http://noise/live\nFile3=http://good/live\n"))
		r.set("silent:80", hangs(icecast))
		r.set("noise:80", says(icecast+strings.Repeat("noise", 100_000)))
		r.set("good:80", plays(icecast, 1))
		defer r.stop()
		for range 12 {
			time.Sleep(10 * time.Second)
			if m := r.registry.Find("/live"); m != nil && sounds(m) {
				return
			}
		}
		t.Errorf("no music after %v", r.asked())
	})
}

// A server's bare address means its only stream. SHOUTcast serves pages there to
// clients that it takes for browsers, and has the stream at "/;" for all.
func TestStreamAtTheAddressOfAServer(t *testing.T) {
	const page = "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>"
	for name, tt := range map[string]struct {
		path   string
		answer func(target string) string
		asked  string
		err    string
	}{
		"the stream": {"/", func(string) string { return icecast }, "/", ""},
		"no path":    {"", func(string) string { return icecast }, "/", ""},
		"a page":     {"/", func(target string) string { return map[string]string{"/": page, "/;": icecast}[target] }, "/ /;", ""},
		"a page, by a redirect": {"", func(target string) string {
			return map[string]string{"/": "HTTP/1.0 302 Found\r\nLocation: /index.html\r\n\r\n", "/index.html": page, "/;": icecast}[target]
		}, "/ /index.html /;", ""},
		"nothing at all": {"/", func(string) string { return "HTTP/1.0 404 Not Found\r\n\r\n" }, "/ /;", "404 Not Found"},
		"a page, and no stream": {"/", func(target string) string {
			return map[string]string{"/": page, "/;": "HTTP/1.0 404 Not Found\r\n\r\n"}[target]
		}, "/ /;", "text/html"},
		"a page where a mount was": {"/live", func(string) string { return page }, "/live", "text/html"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &elsewhereNet{servers: map[string]func(net.Conn){}}
				e.set("a:9000", func(conn net.Conn) {
					asked := e.asked()
					_, rest, _ := strings.Cut(asked[len(asked)-1], " ")
					target, _, _ := strings.Cut(rest, " ")
					io.WriteString(conn, tt.answer(target))
				})
				r, err := e.puller().stream(t.Context(), "http://a:9000"+tt.path, login{}, "/live")
				if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
					t.Errorf("%v, want %q", err, tt.err)
				}
				if r != nil {
					r.Close()
				}
				e.open.Wait()
				var targets []string
				for _, head := range e.asked() {
					targets = append(targets, strings.Fields(head)[1])
				}
				if got := strings.Join(targets, " "); got != tt.asked {
					t.Errorf("asked for %q, want %q", got, tt.asked)
				}
			})
		})
	}
}
