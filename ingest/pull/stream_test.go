package pull

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"relay/icy"
	"relay/internal/version"
)

func TestStream(t *testing.T) {
	const m3u = "HTTP/1.1 200 OK\r\nContent-Type: audio/x-mpegurl; charset=utf-8\r\n\r\n"
	moved := func(to string) string { return "HTTP/1.1 302 Found\r\nLocation: " + to + "\r\n\r\n" }
	tests := []struct {
		name    string
		first   func(net.Conn)
		err     string // empty: a stream is returned
		within  time.Duration
		lasting bool
	}{
		{"Icecast", says(icecast + "audio"), "", 0, false},
		{"SHOUTcast", says("ICY 200 OK\r\nicy-notice1:x\r\ncontent-type:audio/mpeg\r\n\r\naudio"), "", 0, false},
		{"no Content-Type", says("ICY 200 OK\r\n\r\naudio"), "", 0, false},
		{"redirect", says(moved("http://b/other")), "", 0, false},
		{"redirect, 308, on the same server", says("HTTP/1.1 308 Permanent Redirect\r\nLocation: //b/x\r\n\r\n"), "", 0, false},
		{"playlist", says(m3u + "\ufeff#EXTM3U\r\n#EXTINF:-1,x\r\nhttp://b/other\r\n"), "", 0, false},
		{"playlist that stays open", hangs(m3u + "HTTP://b/other\r\n"), "", 0, false},
		{"playlist, PLS", says("HTTP/1.0 200 OK\r\nContent-Type: audio/x-scpls\r\n\r\n[playlist]\nNumberOfEntries=1\nFile1=http://b/other\n"), "", 0, false},
		{"playlist, chunked", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: audio/mpegurl\r\n\r\n5\r\nhttp:\r\nA\r\n//b/other\n\r\n0\r\n\r\n"), "", 0, false},
		{"redirects in a circle", says(moved("/again")), "more than 5 times", 0, true},
		{"redirect without an address", says("HTTP/1.1 301 Moved\r\n\r\n"), "not the address of a stream", 0, false},
		{"redirect to a file", says(moved("file:///etc/passwd")), `"file:///etc/passwd"`, 0, false},
		{"redirect to nowhere", says(moved("http:///x")), "not the address of a stream", 0, false},
		{"not there", says("HTTP/1.0 404 File Not Found\r\n\r\n"), "404 File Not Found: it has no such stream now", 0, false},
		{"login", says("HTTP/1.0 401 Authentication Required\r\n\r\n"), "wants a login", 0, false},
		{"full", says("ICY 503 Service Unavailable\r\n\r\n"), "it answers 503 Service Unavailable", 0, false},
		{"another format", says("HTTP/1.0 200 OK\r\nContent-Type: video/mp4\r\n\r\n"), `it sends "video/mp4"`, 0, true},
		{"empty playlist", says(m3u + "#EXTM3U\n"), "playlist without an address", 0, false},
		{"endless playlist", endless(m3u, strings.Repeat("#", 1000)+"\n"), "playlist without an address", 0, false},
		{"playlist of one endless line", endless(m3u, strings.Repeat("#", 1000)), "token too long", 0, false},
		{"garbage", says("\xff\xfb\x90\x64 nothing\r\n"), "not the answer of an HTTP or SHOUTcast server", 0, false},
		{"garbage without an end", endless("\xff\xfb", strings.Repeat("\xaa", 1000)), "larger than 16 KiB", 0, false},
		{"endless head", endless("HTTP/1.0 200 OK\r\n", "X-More: more\r\n"), "larger than 16 KiB", 0, false},
		{"close", says(""), "without an answer", 0, false},
		{"close in the head", says("HTTP/1.0 200 OK\r\nContent-Type"), "without an answer", 0, false},
		{"silence", hangs(""), "no answer within 10s", answerWithin, false},
		{"silence in the head", hangs("HTTP/1.0 200 OK\r\nContent-Ty"), "no answer within 10s", answerWithin, false},
		{"silence in a playlist", hangs(m3u + "#EXT"), "no answer within 10s", answerWithin, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &elsewhereNet{servers: map[string]func(net.Conn){"a:80": tt.first, "b:80": says(icecast + "audio")}}
				began := time.Now()
				r, err := e.puller().stream(t.Context(), "http://a/live", login{}, "/live")
				if got := time.Since(began); got != tt.within {
					t.Errorf("took %v, want %v", got, tt.within)
				}
				if tt.err != "" {
					if err == nil || !strings.Contains(err.Error(), tt.err) || isLasting(err) != tt.lasting {
						t.Errorf("got %v, want %q; lasting: %v", err, tt.err, isLasting(err))
					}
				} else if err != nil {
					t.Error(err)
				} else {
					if body, _ := io.ReadAll(r.body); string(body) != "audio" {
						t.Errorf("body %q", body)
					}
					r.Close()
				}
				e.open.Wait()
			})
		})
	}
}

// A login is sent only to the server that it is configured for.
func TestLoginStaysAtItsServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hops := []string{"/b", "http://b:8000/c", "http://a/d"}
		var answers []string
		for _, hop := range hops {
			answers = append(answers, "HTTP/1.1 302 Found\r\nLocation: "+hop+"\r\n\r\n")
		}
		answers = append(answers, icecast)
		next := func(conn net.Conn) {
			answer := answers[0]
			answers = answers[1:]
			io.WriteString(conn, answer)
		}
		e := &elsewhereNet{servers: map[string]func(net.Conn){"a:80": next, "b:8000": next}}
		r, err := e.puller().stream(t.Context(), "http://a/live%20one?x=1", login{"me", "secret"}, "/live")
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		e.open.Wait()
		const auth = "Authorization: Basic bWU6c2VjcmV0\r\n"
		head := func(path, host, auth string) string {
			return "GET " + path + " HTTP/1.0\r\nUser-Agent: " + version.Server() + "\r\nHost: " + host + "\r\nIcy-MetaData: 1\r\n" + auth + "\r\n"
		}
		want := []string{head("/live%20one?x=1", "a", auth), head("/b", "a", auth), head("/c", "b:8000", ""), head("/d", "a", auth)}
		for i, got := range e.asked() {
			if got != want[i] {
				t.Errorf("request %d is\n%swant\n%s", i, got, want[i])
			}
		}
		if strings.Contains(want[0], "Icecast") {
			t.Error("panels would leave this server out of their counts")
		}
	})
}

func TestDialTakesNoLongerThanAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Puller{dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		began := time.Now()
		_, err := p.stream(t.Context(), "https://a/live", login{}, "/live")
		if time.Since(began) != answerWithin || err == nil || err.Error() != "no answer within 10s" {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestHTTPS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "audio/mpeg")
		io.WriteString(w, "audio")
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the first handshake must fail
	server.StartTLS()
	defer server.Close()
	p := NewPuller(nil)
	if _, err := p.stream(t.Context(), server.URL+"/live", login{}, "/live"); err == nil || !strings.HasPrefix(err.Error(), "TLS: ") {
		t.Errorf("an unknown certificate is accepted: %v", err)
	}
	known := x509.NewCertPool()
	known.AddCert(server.Certificate())
	p.tls = &tls.Config{RootCAs: known}
	r, err := p.stream(t.Context(), server.URL+"/live", login{}, "/live")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if body, _ := io.ReadAll(r.body); string(body) != "audio" {
		t.Errorf("body %q", body)
	}
}

// This server recognises itself at each of its addresses.
func TestLoop(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/live", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "audio/mpeg")
	}))
	defer server.Close()
	own := server.Listener.Addr().(*net.TCPAddr)
	tests := []struct {
		name, path string
		own        net.Addr
		loop       bool
	}{
		{"same mount", "/live", own, true},
		{"same mount, listening everywhere", "/live", &net.TCPAddr{IP: net.IPv6unspecified, Port: own.Port}, true},
		{"same mount by a redirect", "/moved", own, true},
		{"another mount", "/other", own, false},
		{"another server of this machine", "/live", &net.TCPAddr{IP: own.IP, Port: own.Port + 1}, false},
		{"a server at another address", "/live", &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: own.Port}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := NewPuller([]net.Addr{tt.own}).stream(t.Context(), server.URL+tt.path, login{}, "/live")
			if errors.Is(err, errLoop) != tt.loop || !tt.loop && err != nil {
				t.Errorf("got %v", err)
			}
			if err == nil {
				r.Close()
			}
		})
	}
}

// FuzzElsewhere: wherever another server redirects to, or its playlist leads, the
// result is the address of a stream without a login, or an error.
func FuzzElsewhere(f *testing.F) {
	f.Add("#EXTM3U\n#EXTINF:-1,x\nhttp://b.example/live\n", false)
	f.Add("[playlist]\nFile1=https://b.example:8443/live?x=1#y\n", false)
	f.Add("http://user:secret@b.example/live", true)
	f.Add("//b.example", true)
	f.Add("file:///etc/passwd", true)
	from, err := url.Parse("http://a.example:8000/live.m3u")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, redirect bool) {
		address := text
		if !redirect {
			var err error
			if address, err = addresses(strings.NewReader(text))(); err != nil {
				return
			}
		}
		u, err := elsewhere(from, address)
		if err != nil {
			return
		}
		if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			t.Errorf("%q leads to %q", text, u)
		}
		head := requestHead(u, login{}, "")
		if req, err := icy.ParseHead([]byte(head)); err != nil || strings.Count(head, "\r\n") != 4 || req.Host != u.Host {
			t.Errorf("%q is asked for by %q: %v", text, head, err)
		}
	})
}

// A stream in any wrapping other than chunks is not played.
func TestWrappedStreamsAreRefused(t *testing.T) {
	for coding, taken := range map[string]bool{"": true, "identity": true, "chunked": true, "gzip": false, "gzip, chunked": false} {
		r := &reply{url: &url.URL{Path: "/live"}, Reply: icy.Reply{Status: http.StatusOK, Header: http.Header{"Transfer-Encoding": {coding}}}}
		if _, err := r.leadsTo(); (err == nil) != taken {
			t.Errorf("%q: %v", coding, err)
		}
	}
}
