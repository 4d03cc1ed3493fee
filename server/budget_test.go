package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/conf"
)

// One client gets its share of the memory, a customer with many IPv6 networks half of
// it, and all clients together no more than there is.
func TestMemoryIsShared(t *testing.T) {
	for name, tt := range map[string]struct {
		from func(i int) string
		want int // requests
		over string
	}{
		"an IPv4 address": {func(int) string { return "192.0.2.1" }, 16, "192.0.2.1/32"},
		"a /64":           {func(i int) string { return fmt.Sprintf("2001:db8::%x", i) }, 16, "2001:db8::/64"},
		"a /56":           {func(i int) string { return fmt.Sprintf("2001:db8:0:%x::1", i) }, 32, "2001:db8::/56"},
		"a /48":           {func(i int) string { return fmt.Sprintf("2001:db8:0:%x::1", i<<8) }, 32, "2001:db8::/48"},
		"everybody":       {func(i int) string { return fmt.Sprintf("192.0.2.%d", i) }, 64, ""},
	} {
		t.Run(name, func(t *testing.T) {
			live := conf.NewLive(&conf.Config{Limits: conf.Limits{ConnectionsPerIP: 16}})
			b := newBudget(live, 4<<20, 64<<10)
			var given []netip.Addr
			for i := range 200 {
				addr := netip.MustParseAddr(tt.from(i))
				err := b.take(conf.ClientPrefixes(addr), 64<<10)
				if err == nil {
					given = append(given, addr)
					continue
				}
				var spent errSpent
				want := http.StatusTooManyRequests
				if tt.over == "" {
					want = http.StatusServiceUnavailable
				}
				if !errors.As(err, &spent) || spent.status() != want || !strings.Contains(err.Error(), tt.over) {
					t.Fatalf("refused by %v", err)
				}
			}
			if len(given) != tt.want {
				t.Errorf("%d have it, want %d", len(given), tt.want)
			}
			for _, addr := range given {
				b.give(conf.ClientPrefixes(addr), 64<<10)
			}
			if b.all != 0 || len(b.of) != 0 {
				t.Errorf("%d bytes are taken, by %v", b.all, b.of)
			}
		})
	}
}

// If a client has used up its share, its requests that have been silent for a while
// give way to its new ones. Requests with an accepted login, or whose login is being
// checked, do not.
func TestUnfinishedRequestsGiveWay(t *testing.T) {
	live := conf.NewLive(&conf.Config{Limits: conf.Limits{ConnectionsPerIP: 100}})
	a, now := newAnswered(live, zap.NewNop(), newBudget(live, 2*leastShare, 1)), time.Unix(1e9, 0)
	a.now = func() time.Time { return now }
	client := conf.ClientPrefixes(netip.MustParseAddr("192.0.2.1"))
	come := func() (*countedConn, *silent, error) {
		s := &silent{from: "192.0.2.1:1"}
		g, err := a.admit(s, client, leastShare/4)
		return g, s, err
	}
	known, conn, err := come()
	if err != nil {
		t.Fatal(err)
	}
	known.accepted()
	looked, looking, _ := come()
	looked.untilAccepted(t.Context())
	var slow []*silent
	for range 3 {
		_, s, err := come()
		if err != nil {
			t.Fatal(err)
		}
		slow = append(slow, s)
	}
	if _, _, err := come(); err == nil {
		t.Error("there is no limit")
	}
	now = now.Add(silentFor)
	for i := range 3 {
		if _, _, err := come(); err != nil || !slow[i].closed {
			t.Errorf("request %d does not give way: %v", i, err)
		}
	}
	if _, _, err := come(); err == nil || conn.closed || looking.closed {
		t.Errorf("%v, with a login closed: %v, looked at closed: %v", err, conn.closed, looking.closed)
	}
	if other, err := a.admit(&silent{from: "192.0.2.2:1"}, conf.ClientPrefixes(netip.MustParseAddr("192.0.2.2")), leastShare/4); err != nil || other == nil {
		t.Errorf("another client: %v", err)
	}
}

// A client that a proxy names has its own share. Requests beyond the share are refused,
// with the time to try again. Other clients and health checks are answered.
func TestUnfinishedBodiesOfOneClientBehindAProxy(t *testing.T) {
	s := newServer(t, "limits.connections_per_ip = 20\nlimits.header_timeout = '1h'\nserver.trusted_proxies = ['127.0.0.1']\n")
	l := listen(t)
	runServer(t, s, l)
	post := func(client string) net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		fmt.Fprintf(conn, "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %s\r\nX-A: %s\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", client, strings.Repeat("a", 15<<10))
		return conn
	}
	const many, least = 60, 20
	refused := make(chan struct{}, many)
	var waiting sync.WaitGroup
	defer waiting.Wait()
	for range many {
		conn := post("198.51.100.7")
		defer conn.Close()
		waiting.Go(func() {
			answer, _ := io.ReadAll(conn)
			if head := string(answer); strings.HasPrefix(head, "HTTP/1.0 429 ") && strings.Contains(head, "\r\nRetry-After: ") {
				refused <- struct{}{}
			}
		})
	}
	for i := range least {
		select {
		case <-refused:
		case <-time.After(20 * time.Second):
			t.Fatalf("%d are refused", i)
		}
	}
	s.answered.budget.mu.Lock()
	if most := s.answered.budget.all; most > leastShare {
		t.Errorf("one client has %d bytes", most)
	}
	s.answered.budget.mu.Unlock()
	checkWell(t, l.Addr())
	conn := post("198.51.100.8")
	io.WriteString(conn, "\"a\":\r\n0\r\n\r\n")
	if answer, _ := io.ReadAll(conn); !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Errorf("another client is answered %.50q", answer)
	}
}

// The server refuses a body before it reads it, because of its length or because a
// required login is missing.
func TestBodiesAreRefusedBeforeTheyAreRead(t *testing.T) {
	s := newServer(t, guarded)
	l := listen(t)
	runServer(t, s, l)
	for name, tt := range map[string]struct {
		request string
		want    string
	}{
		"a login by its length":          {"POST /api/v1/session HTTP/1.1\r\nContent-Length: 1000000\r\n", "413"},
		"a login of any length":          {"POST /api/v1/session HTTP/1.1\r\nContent-Length: 999999999999999\r\n", "413"},
		"a body without its login":       {"PUT /api/v1/mounts/live/title HTTP/1.1\r\nContent-Length: 1000000\r\n", "401"},
		"a body with a wrong one":        {"PUT /api/v1/mounts/live HTTP/1.1\r\nContent-Length: 1000000\r\nAuthorization: Basic YTpi\r\n", "401"},
		"a body without its login, long": {"POST /api/v1/mounts/live/queue HTTP/1.1\r\nContent-Length: 999999999999999\r\n", "401"},
		"a body with its login, long":    {"POST /api/v1/mounts/live/queue HTTP/1.1\r\nContent-Length: 1048577\r\nAuthorization: Basic YWRtaW46YWRtaW5wYXNz\r\n", "413"},
		"a form that nobody reads":       {"POST /admin/stats HTTP/1.1\r\nContent-Length: 1000000\r\n", "405"},
		"a title without its login":      {"POST /admin/metadata HTTP/1.1\r\nContent-Length: 1000000\r\n", "401"},
		"a title with its login, long":   {"POST /admin/metadata HTTP/1.1\r\nContent-Length: 1000000\r\nAuthorization: Basic YWRtaW46YWRtaW5wYXNz\r\n", "413"},
		"a title by SHOUTcast's address": {"POST /admin.cgi HTTP/1.1\r\nContent-Length: 1000000\r\n", "413"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			io.WriteString(conn, tt.request+"Host: a\r\nContent-Type: application/json\r\n\r\n") // and no body
			answer, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 "+tt.want) {
				t.Errorf("answered %.100q, %v", answer, err)
			}
		})
	}
	t.Run("all of a large body", func(t *testing.T) {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		fmt.Fprintf(conn, "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", 1<<20)
		if _, err := conn.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
		if answer, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 413") {
			t.Errorf("answered %.100q, %v", answer, err)
		}
	})
}
