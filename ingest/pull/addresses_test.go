package pull

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// severalAddresses returns a puller for which every host has these addresses. Those
// that are not of this machine are dead.
func severalAddresses(addrs ...string) *Puller {
	p := NewPuller(nil)
	p.hosts.Lookup = func(context.Context, string) (list []netip.Addr, err error) {
		for _, a := range addrs {
			list = append(list, netip.MustParseAddr(a))
		}
		return list, nil
	}
	connect := p.hosts.Connect
	p.hosts.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		if to, err := netip.ParseAddrPort(address); err == nil && !to.Addr().IsLoopback() {
			if err := keepOutside(ctx, network, address, nil); err != nil {
				return nil, err
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return connect(ctx, network, address)
	}
	return p
}

// byName returns the URL of a test server with a host name that must be looked up.
func byName(server *httptest.Server) string {
	u, _ := url.Parse(server.URL)
	return "http://radio.test:" + u.Port()
}

// Dead addresses of an upstream cost a moment, not the whole time limit for the
// answer.
func TestDeadAddresses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "audio/mpeg")
		io.WriteString(w, "audio")
	}))
	defer server.Close()
	addrs := []string{"127.0.0.1"}
	for i := range 9 {
		addrs = append(addrs, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}).String())
	}
	p := severalAddresses(addrs...)
	for attempt := range 3 {
		began := time.Now()
		r, err := p.stream(t.Context(), byName(server)+"/live", login{}, "/live")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.body)
		r.Close()
		if string(body) != "audio" || time.Since(began) > answerWithin*3/4 {
			t.Errorf("attempt %d: %q after %v", attempt, body, time.Since(began))
		}
	}
}

// An address that accepts connections and has no stream is not the first one of the
// next attempt.
func TestAddressWithoutStream(t *testing.T) {
	good := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "audio/mpeg")
	}))
	bad := httptest.NewServer(http.NotFoundHandler())
	defer bad.Close()
	u, _ := url.Parse(bad.URL)
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.2", u.Port()))
	if err != nil {
		t.Skip("only one address is of this machine: ", err)
	}
	good.Listener.Close()
	good.Listener = l
	good.Start()
	defer good.Close()
	p := severalAddresses("127.0.0.1", "127.0.0.2")
	failed := 0
	for range 20 {
		r, err := p.stream(t.Context(), byName(bad)+"/live", login{}, "/live")
		if err != nil {
			failed++
			continue
		}
		r.Close()
	}
	if failed > 1 {
		t.Errorf("%d of 20 attempts went to the address without a stream", failed)
	}
}

// Each address of a host that another server redirects to is checked before a
// connection is made.
func TestEveryAddressIsChecked(t *testing.T) {
	knocked := make(chan struct{}, 10)
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { knocked <- struct{}{} }))
	defer inside.Close()
	p := severalAddresses("10.0.0.1", "127.0.0.1", "127.0.0.2", "fd00::1", "::1")
	sent := context.WithValue(t.Context(), sentBy{}, netip.MustParseAddr("203.0.113.7"))
	u, _ := url.Parse(byName(inside) + "/secret")
	if _, err := p.get(sent, u, login{}, "", "/live"); !errors.Is(err, errInward) {
		t.Errorf("got %v", err)
	}
	if len(knocked) > 0 {
		t.Error("a connection was made to an address that is nearer")
	}
}

// The faults of many addresses become one short reason.
func TestReasonOfManyAddresses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close() // so that it refuses connections
	p := severalAddresses(slices.Repeat([]string{"127.0.0.1"}, 3)...)
	_, err = p.stream(t.Context(), "http://radio.test:"+port+"/live", login{}, "/live")
	if err == nil || !strings.Contains(err.Error(), "connection refused") || len(err.Error()) > 200 {
		t.Errorf("got %v", err)
	}
}
