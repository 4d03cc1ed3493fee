package server

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/mounts"
)

const withHLS = "[[mount]]\nname = '/*'\nhls = true\n"

// hlsServer returns a running server whose mount /live has segments, and the path of a
// media playlist.
func hlsServer(t *testing.T, s *Server) (l net.Listener, list string, stop func()) {
	t.Helper()
	l = listen(t)
	stop = runServer(t, s, l)
	in, err := s.Registry.Attach("/live", mounts.Feed{})
	if err != nil {
		t.Fatal(err)
	}
	h := frametest.Header(128000, 44100, 2)
	n := uint64(0)
	waitFor(t, "segments", func() bool { // which are cut from what comes after the hub has seen the mount
		for range 40 {
			n++
			in.Write(mp3.Frame{Header: h, Data: frametest.Numbered(h, n)}.Unit())
		}
		time.Sleep(50 * time.Millisecond)
		_, text := ask(t, l.Addr(), "/live.m3u8")
		return strings.Contains(text, "CODECS") // which are known from then on
	})
	return l, "/live/hls/AAAAAAAAAAAAAAAAAAAAAA.m3u8", stop
}

// next sends a request on a connection and reads the whole answer.
func next(t *testing.T, conn net.Conn, r *bufio.Reader, request string) *http.Response {
	t.Helper()
	io.WriteString(conn, request+"\r\n\r\n")
	answer, err := http.ReadResponse(r, &http.Request{Method: strings.Split(request, " ")[0]})
	if err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	return answer
}

// keptCount returns how many connections are kept.
func (s *Server) keptCount() int {
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	return s.kept.all.len()
}

// A connection takes request after request, and any other request as its last one.
func TestKeptConnections(t *testing.T) {
	s := newServer(t, guarded+withHLS)
	l, list, _ := hlsServer(t, s)
	get := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x" }
	for name, last := range map[string]struct{ request, answers string }{
		"API":      {get("/api/v1/status") + "\r\n\r\n", "HTTP/1.1 200 OK"},
		"page":     {get("/") + "\r\n\r\n", "HTTP/1.1 200 OK"},
		"stream":   {get("/live") + "\r\n\r\n", "HTTP/1.0 200 OK"},
		"nothing":  {get("/live/hls/x/y") + "\r\n\r\n", "HTTP/1.1 404 "},
		"source":   {"SOURCE /new HTTP/1.0\r\nAuthorization: Basic c291cmNlOmhhY2ttZQ==\r\nContent-Type: audio/mpeg\r\n\r\n", "HTTP/1.0 200 OK"},
		"no login": {"SOURCE /new HTTP/1.0\r\nContent-Type: audio/mpeg\r\n\r\n", "HTTP/1.0 401 "},
		"statuses": {"STATS / HTTP/1.0\r\n\r\n", "HTTP/1.0 401 "},
		"garbage":  {"garbage\r\n\r\n", "HTTP/1.0 400 "},
		"password": {"hackme\r\nicy-name: x\r\n\r\n", "HTTP/1.0 400 "},
		"TLS":      {"\x16\x03\x01\x00\x05", "HTTP/1.0 400 "},
		"huge":     {"GET / HTTP/1.1\r\nX: " + strings.Repeat("x", maxHead) + "\r\n\r\n", "HTTP/1.0 431 "},
		"HTTP/2":   {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.0 400 "},
	} {
		t.Run(name, func(t *testing.T) {
			conn, r := connect(t, l.Addr(), "")
			for range 3 {
				if answer := next(t, conn, r, get(list)); answer.StatusCode != 200 || answer.Close {
					t.Fatalf("%+v", answer)
				}
				if answer := next(t, conn, r, "HEAD /live.m3u8 HTTP/1.1\r\nHost: x"); answer.StatusCode != 200 || answer.Close {
					t.Fatalf("%+v", answer)
				}
				if answer := next(t, conn, r, get("/live/hls/0-0.mp3")); answer.StatusCode != 404 || answer.Close {
					t.Fatalf("%+v", answer)
				}
			}
			io.WriteString(conn, last.request)
			begins(t, r, last.answers)
			if name == "stream" || name == "source" {
				conn.Close()
			}
			io.Copy(io.Discard, r)
			conn.Close()
		})
	}
	waitFor(t, "all connections to be forgotten", func() bool { return s.keptCount() == 0 && s.Traffic.Open() == 0 })
}

// What a client sends together with a request is not answered, and the answer says so.
func TestPipelining(t *testing.T) {
	s := newServer(t, withHLS)
	l, list, _ := hlsServer(t, s)
	request := "GET " + list + " HTTP/1.1\r\nHost: x\r\n"
	for name, says := range map[string]string{
		"a second request": request + "\r\n" + request + "\r\n",
		"a body":           request + "Content-Length: 3\r\n\r\nabc",
		"a body to come":   request + "Content-Length: 300000\r\n\r\n",
		"chunks":           request + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"garbage":          request + "\r\ngarbage",
		"to be closed":     request + "Connection: close\r\n\r\n",
		"HTTP/1.0":         "GET " + list + " HTTP/1.0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, r := connect(t, l.Addr(), says)
			answer, err := http.ReadResponse(r, nil)
			if err != nil || answer.StatusCode != 200 || !answer.Close {
				t.Fatalf("%+v, %v", answer, err)
			}
			text, err := io.ReadAll(answer.Body)
			if err != nil || int64(len(text)) != answer.ContentLength || r.Buffered() > 0 {
				t.Errorf("%d bytes of %d, %v, and %d more", len(text), answer.ContentLength, err, r.Buffered())
			}
			ends(t, r)
		})
	}
}

// An idle connection ends after header_timeout, without a word.
func TestIdleConnectionsEnd(t *testing.T) {
	s := newServer(t, "limits.header_timeout = '300ms'\n"+withHLS)
	l, list, _ := hlsServer(t, s)
	conn, r := connect(t, l.Addr(), "")
	next(t, conn, r, "GET "+list+" HTTP/1.1")
	if n := ends(t, r); n != 0 {
		t.Errorf("%d bytes at the end", n)
	}
	waitFor(t, "it to be forgotten", func() bool { return s.keptCount() == 0 })
}

// An address keeps no more connections than it may have, and idle ones end with the server.
func TestIdleConnectionsAreLimited(t *testing.T) {
	for name, tt := range map[string]struct {
		toml string
		open int
		most int
	}{
		"many":           {"limits.listeners_per_ip = 0\nlimits.connections_per_ip = 5000\n", 2000, 2000},
		"of one address": {"limits.connections_per_ip = 20\n", 200, 40},
		"all":            {"limits.listeners = 30\n", 200, 60},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, "limits.header_timeout = '1m'\n"+tt.toml+withHLS)
			l, list, stop := hlsServer(t, s)
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					for range tt.open / 20 {
						conn, err := net.Dial("tcp", l.Addr().String())
						if err != nil {
							t.Error(err)
							return
						}
						t.Cleanup(func() { conn.Close() })
						conn.SetDeadline(time.Now().Add(20 * time.Second))
						fmt.Fprintf(conn, "HEAD %s HTTP/1.1\r\n\r\n", list)
						bufio.NewReader(conn).ReadString('\n')
					}
				})
			}
			all.Wait()
			if n := s.keptCount(); n > tt.most || tt.most == tt.open && n < tt.most {
				t.Errorf("%d connections are kept", n)
			}
			checkWell(t, l.Addr())
			began := time.Now()
			stop()
			if took := time.Since(began); took > 5*time.Second || s.keptCount() > 0 {
				t.Errorf("the server ended after %v, with %d connections", took, s.keptCount())
			}
		})
	}
}

// A client that waits for a mount to play does not hold up the end of the server.
func TestEndWhileAPlayerWaits(t *testing.T) {
	s := newServer(t, withHLS)
	l := listen(t)
	stop := runServer(t, s, l)
	in, err := s.Registry.Attach("/live", mounts.Feed{Kind: mounts.Relayed, OnDemand: true})
	if err != nil {
		t.Fatal(err)
	}
	_, r := connect(t, l.Addr(), "GET /live/hls/AAAAAAAAAAAAAAAAAAAAAA.m3u8 HTTP/1.1\r\n\r\n")
	waitFor(t, "the player", func() bool { return in.Mount.Audience.Count() == 1 })
	began := time.Now()
	stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the server ended after %v", took)
	}
	ends(t, r)
}

// A client that is banned between two requests is refused, and loses its connection.
func TestBanOfAKeptConnection(t *testing.T) {
	s := newServer(t, guarded+withHLS)
	l, list, _ := hlsServer(t, s)
	conn, r := connect(t, l.Addr(), "")
	request := "GET " + list + " HTTP/1.1\r\nX-Forwarded-For: 192.0.2.7"
	if answer := next(t, conn, r, request); answer.StatusCode != 200 {
		t.Fatalf("%+v", answer)
	}
	s.Gate.Ban(netip.MustParsePrefix("192.0.2.7/32"), time.Time{})
	if answer := next(t, conn, r, request); answer.StatusCode != 403 {
		t.Errorf("%+v", answer)
	}
	ends(t, r)
	waitFor(t, "its session to end", func() bool { return s.Registry.Find("/live").Audience.Count() == 0 })
}

// Connections are kept over TLS too.
func TestKeptConnectionsOverTLS(t *testing.T) {
	s := newServer(t, withHLS)
	secured(s)
	l, list, _ := hlsServer(t, s)
	conn := tls.Client(dial(t, l.Addr()), &tls.Config{InsecureSkipVerify: true})
	r := bufio.NewReader(conn)
	for range 5 {
		if answer := next(t, conn, r, "GET "+list+" HTTP/1.1"); answer.StatusCode != 200 || answer.Close {
			t.Fatalf("%+v", answer)
		}
	}
	io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	begins(t, r, "HTTP/1.1 200 OK")
	ends(t, r)
}

// Idle connections of players make room for others first, and a session has no descriptor.
func TestKeptConnectionsGiveWay(t *testing.T) {
	s := newServer(t, withHLS)
	l, list, _ := hlsServer(t, s)
	conn, r := connect(t, l.Addr(), "")
	next(t, conn, r, "GET "+list+" HTTP/1.1")
	waitFor(t, "the connection to be kept", func() bool { return s.keptCount() == 1 })
	s.kept.mu.Lock()
	s.kept.now = func() time.Time { return time.Now().Add(2 * silentFor) }
	s.kept.mu.Unlock()
	if !s.makeRoom() {
		t.Error("no room was made")
	}
	if n := ends(t, r); n != 0 {
		t.Errorf("%d bytes at the end", n)
	}
	if s.HLS.Sessions() == 0 || s.Registry.Listeners() != s.HLS.Sessions() {
		t.Errorf("%d sessions of %d listeners", s.HLS.Sessions(), s.Registry.Listeners())
	}
}

// The name of a mount comes first: a stream is no playlist, and a playlist no stream.
func TestNamesLikePlaylists(t *testing.T) {
	s := newServer(t, withHLS)
	l, _, _ := hlsServer(t, s)
	for _, name := range []string{"/live.m3u8", "/live;b"} {
		if _, err := s.Registry.Attach(name, mounts.Feed{Kind: mounts.Files}); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"/live.m3u8":        "HTTP/1.0 200 OK", // the mount of that name
		"/live;b.m3u8":      "HTTP/1.1 200 OK", // and not /live;
		"/live;x.m3u8":      "HTTP/1.0 200 OK", // SHOUTcast's way to ask for /live
		"/live.m3u8.m3u8":   "HTTP/1.1 200 OK",
		"/player/live.m3u8": "HTTP/1.1 200 OK",
		"/other.m3u8":       "HTTP/1.1 404 Not Found",
	} {
		t.Run(path, func(t *testing.T) {
			_, r := connect(t, l.Addr(), "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
			begins(t, r, want)
		})
	}
}
