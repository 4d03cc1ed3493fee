package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"relay/internal/turns"
)

// secured gives a server the certificate of net/http's tests.
func secured(s *Server) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	s.secure = &tls.Config{Certificates: server.TLS.Certificates}
}

func dial(t *testing.T, addr net.Addr) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// queued returns how many connections wait for the server.
func (c *connLimiter) queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all.queued.Len()
}

// A handshake waits for its turn and then continues, on both kinds of ports. Meanwhile
// its connection is counted, plain connections are answered, and a connection that
// closes is forgotten.
func TestHandshakesTakeTurns(t *testing.T) {
	for name, wrap := range map[string]func(net.Listener) net.Listener{
		"for both":      func(l net.Listener) net.Listener { return l },
		"for TLS alone": func(l net.Listener) net.Listener { return secureListener{l} },
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, "")
			secured(s)
			l, plain := wrap(listen(t)), listen(t)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				s.Run(ctx, []net.Listener{l, plain})
			}()
			defer func() {
				cancel()
				<-ended
			}()

			release := occupy(s)
			const clients = 10
			answers := make(chan string, clients)
			var asking sync.WaitGroup
			for range clients {
				conn := tls.Client(dial(t, l.Addr()), &tls.Config{InsecureSkipVerify: true})
				asking.Go(func() {
					io.WriteString(conn, "GET /healthz HTTP/1.0\r\n\r\n")
					answer, err := io.ReadAll(conn)
					answers <- fmt.Sprintf("%.12s %v", answer, err)
				})
			}
			waitFor(t, "all of them to wait", func() bool { return s.pending.queued() == clients })
			gone := dial(t, l.Addr())
			io.WriteString(gone, "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00") // an invalid ClientHello
			waitFor(t, "one more to wait", func() bool { return s.pending.queued() == clients+1 })
			checkWell(t, plain.Addr())
			gone.Close()
			release()
			asking.Wait()
			for range clients {
				if got := <-answers; got != "HTTP/1.0 200 <nil>" && got != "HTTP/1.1 200 <nil>" {
					t.Errorf("answered %q", got)
				}
			}
			waitFor(t, "the one that has left to be forgotten", func() bool {
				s.pending.mu.Lock()
				defer s.pending.mu.Unlock()
				return s.pending.all.len() == 0
			})
		})
	}
}

// occupy takes all turns of handshakes until release is called.
func occupy(s *Server) (release func()) {
	var taken []func()
	for range turns.HalfOfProcessors() {
		taken = append(taken, s.handshakes.Take(context.Background(), nil))
	}
	return func() {
		for _, done := range taken {
			done()
		}
	}
}

// A connection that is closed stops waiting for its turn, and the shutdown of the
// server waits for no turns.
func TestHandshakesThatWaitEnd(t *testing.T) {
	s := newServer(t, "limits.connections_per_ip = 5\n")
	secured(s)
	l := listen(t)
	stop := runServer(t, s, l)
	defer occupy(s)()
	var conns []net.Conn
	for range 50 {
		conn := dial(t, l.Addr())
		io.WriteString(conn, "\x16")
		conns = append(conns, conn)
	}
	waitFor(t, "no more than twice the limit", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.conns) <= 10
	})
	waitFor(t, "the others to be closed", func() bool {
		closed := 0
		for _, conn := range conns {
			conn.SetReadDeadline(time.Now().Add(time.Millisecond))
			if _, err := conn.Read(make([]byte, 1)); err != nil && !strings.Contains(err.Error(), "timeout") {
				closed++
			}
		}
		return closed >= 40
	})
	began := time.Now()
	stop()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the end took %v", took)
	}
}

// Clients behind a proxy share the turns by their own addresses, not by the proxy's.
func TestTurnsBehindAProxy(t *testing.T) {
	s := newServer(t, "server.trusted_proxies = ['127.0.0.1']\nlimits.connections_per_ip = 3\n")
	secured(s)
	l := proxied(s.Conf, listen(t))
	runServer(t, s, l)
	defer occupy(s)()
	for i := range 20 {
		fmt.Fprintf(dial(t, l.Addr()), "PROXY TCP4 198.51.100.%d 192.0.2.2 1 2\r\n\x16", 7+i/10)
	}
	waitFor(t, "those of both clients that may wait", func() bool {
		s.pending.mu.Lock()
		defer s.pending.mu.Unlock()
		for _, client := range []string{"198.51.100.7/32", "198.51.100.8/32"} {
			if g := s.pending.of[netip.MustParsePrefix(client)]; g == nil || g.queued.Len() == 0 || g.len() > 6 {
				return false
			}
		}
		return true
	})
}

// The server limits how much a client may send until its handshake is complete.
func TestHandshakesAreBounded(t *testing.T) {
	s := newServer(t, "limits.header_timeout = '1h'\n")
	secured(s)
	l := listen(t)
	runServer(t, s, l)
	conn := dial(t, l.Addr())
	// a ClientHello that claims 60,000 bytes, in records of 1,000
	io.WriteString(conn, "\x16\x03\x01\x03\xe8\x01\x00\xea\x60"+strings.Repeat("a", 996))
	for range 58 {
		if _, err := io.WriteString(conn, "\x16\x03\x01\x03\xe8"+strings.Repeat("a", 1000)); err != nil {
			break
		}
	}
	if _, err := io.ReadAll(conn); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Error("the server waits for the rest")
	}
}
