package server

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"relay/conf"
	"relay/conf/live"
	"relay/internal/certificates"
	"relay/mounts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newServer(t *testing.T, toml string) *Server {
	t.Helper()
	return newSecureServer(t, toml, nil)
}

func newSecureServer(t *testing.T, toml string, certs *certificates.Store) *Server {
	t.Helper()
	config, err := live.Open("", func(string, []byte) (*conf.Config, []byte, error) {
		c, err := conf.Parse("relay.toml", []byte(toml))
		return c, []byte(toml), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return New(partsFor(config, certs))
}

// runServer runs a server until the test ends or stop is called.
func runServer(t *testing.T, s *Server, l net.Listener) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx, []net.Listener{l})
	}()
	stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(stop)
	return stop
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// ask requests a path and returns the status and the body of the answer.
func ask(t *testing.T, addr net.Addr, path string) (int, string) {
	t.Helper()
	client := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + addr.String() + path)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(text)
}

func checkWell(t *testing.T, addr net.Addr) {
	t.Helper()
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, said := ask(t, addr, path); status != http.StatusOK || said != "ok\n" {
			t.Errorf("%s answers %d %q", path, status, said)
		}
	}
}

func TestHealthWhenEveryPlaceIsTaken(t *testing.T) {
	s := newServer(t, "limits.listeners = 1\n")
	l := listen(t)
	runServer(t, s, l)
	in, err := s.Registry.Attach("/live", mounts.Feed{Kind: mounts.Files})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Mount.Audience.Join(&mounts.Listener{}); err != nil {
		t.Fatal(err)
	}
	if status, said := ask(t, l.Addr(), "/live"); status != http.StatusForbidden {
		t.Fatalf("the server is not full: %d %q", status, said)
	}
	checkWell(t, l.Addr())
}

// crowdedListener returns the system's error for a lack of descriptors while at least
// most connections are open.
type crowdedListener struct {
	net.Listener
	most int64
	open atomic.Int64
}

func (l *crowdedListener) Accept() (net.Conn, error) {
	if l.open.Load() >= l.most {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.open.Add(1)
	return &crowdedConn{Conn: conn, open: &l.open}, nil
}

func (l *crowdedListener) Close() error {
	l.open.Store(0)
	return l.Listener.Close()
}

type crowdedConn struct {
	net.Conn
	open   *atomic.Int64
	closed atomic.Bool
}

func (c *crowdedConn) Close() error {
	if !c.closed.Swap(true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}

func TestHealthWhenConnectionsThatSayNothingHaveTakenAllDescriptors(t *testing.T) {
	s := newServer(t, "limits.header_timeout = '1h'\n")
	l := &crowdedListener{Listener: listen(t), most: 10}
	runServer(t, s, l)
	for range 50 {
		idle, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer idle.Close()
	}
	checkWell(t, l.Addr())
}

// Followers stay for ever. They give way one by one, except for those with a login.
func TestHealthWhenFollowersHaveTakenAllDescriptors(t *testing.T) {
	s := newServer(t, guarded)
	l := &crowdedListener{Listener: listen(t), most: 10}
	runServer(t, s, l)
	follow := func(n int, login string) *bufio.Reader {
		t.Helper()
		_, answer := connect(t, l.Addr(), fmt.Sprintf("GET /api/v1/events HTTP/1.0\r\nX-Forwarded-For: 192.0.2.%d\r\n%s\r\n", n, login))
		begins(t, answer, "HTTP/1.0 200 ")
		return answer
	}
	first := follow(1, "")
	operator := follow(2, "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte("admin:adminpass"))+"\r\n")
	for n := range 50 {
		follow(100+n, "")
	}
	checkWell(t, l.Addr())
	ends(t, first)
	in, err := s.Registry.Attach("/later", mounts.Feed{Kind: mounts.Files})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Detach()
	for line := ""; !strings.Contains(line, "/later"); {
		if line, err = operator.ReadString('\n'); err != nil {
			t.Fatalf("the operator: %v", err)
		}
	}
}

// A request whose body never arrives takes a descriptor too, whether the server reads
// the body, as at the login, or not.
func TestHealthWhenRequestsThatAreNeverWholeHaveTakenAllDescriptors(t *testing.T) {
	s := newServer(t, "limits.header_timeout = '1h'\n")
	l := &crowdedListener{Listener: listen(t), most: 10}
	runServer(t, s, l)
	for i := range 50 {
		half, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer half.Close()
		fmt.Fprintf(half, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{", []string{"/", "/api/v1/session"}[i%2])
	}
	checkWell(t, l.Addr())
}

// A listener that waits for a mount to play takes a descriptor, and must not take the
// last one.
func TestHealthWhenListenersWaitForAMountThatNeverPlays(t *testing.T) {
	s := newServer(t, "limits.listeners = 5\n")
	l := &crowdedListener{Listener: listen(t), most: 10}
	runServer(t, s, l)
	if _, err := s.Registry.Attach("/asleep", mounts.Feed{Kind: mounts.Relayed}); err != nil {
		t.Fatal(err)
	}
	answers := make(chan string, 50)
	for range cap(answers) {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "GET /asleep HTTP/1.0\r\n\r\n")
		go func() {
			line, _ := bufio.NewReader(conn).ReadString('\n')
			answers <- line
		}()
	}
	checkWell(t, l.Addr())
	for range cap(answers) {
		if line := <-answers; strings.HasPrefix(line, "HTTP/1.0 503 ") {
			return
		}
	}
	t.Error("nobody is told that too many wait")
}

func TestABodyThatNobodyReadsIsNotWaitedFor(t *testing.T) {
	s := newServer(t, "limits.header_timeout = '1h'\n")
	l := listen(t)
	runServer(t, s, l)
	half, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	half.SetDeadline(time.Now().Add(20 * time.Second)) // less than the minute that net/http would wait
	io.WriteString(half, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{")
	if answer, err := io.ReadAll(half); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 405 ") {
		t.Errorf("answered %q, %v", answer, err)
	}
	s.answered.mu.Lock()
	defer s.answered.mu.Unlock()
	if n := s.answered.all.len(); n > 0 {
		t.Errorf("%d are being answered", n)
	}
}

func TestReadyUntilShutdown(t *testing.T) {
	s := newServer(t, "")
	h := s.routes()
	for path, want := range map[string]string{"/healthz": "200 ok\n", "/readyz": "503 the server is shutting down\n"} {
		for stopping, want := range map[bool]string{false: "200 ok\n", true: want} {
			s.stopping.Store(stopping)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			if answer := fmt.Sprintf("%d %s", w.Code, w.Body); answer != want {
				t.Errorf("shutting down %v: %s answers %q", stopping, path, answer)
			}
		}
	}
}

func TestShutdownIsNoLongerReady(t *testing.T) {
	s := newServer(t, "")
	l := listen(t)
	stop := runServer(t, s, l)
	checkWell(t, l.Addr())
	stop()
	if !s.stopping.Load() {
		t.Error("the server has stopped and is ready")
	}
	if _, err := net.Dial("tcp", l.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the door is still open: %v", err)
	}
}

func TestFollowersAreFewerWhereListenersMayBeMore(t *testing.T) {
	s := newServer(t, "limits.listeners = 1\n")
	most := s.Capacity.Followers()
	replace(t, s, "limits.listeners = 1000000000\n")
	if s.Capacity.Followers() >= most {
		t.Error("listeners who may come leave as much as before")
	}
}
