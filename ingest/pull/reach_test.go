package pull

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
)

func TestReach(t *testing.T) {
	for text, want := range map[string]reach{
		"203.0.113.7": world, "2001:db8::7": world, "100.63.255.255": world, "100.128.0.0": world,
		"198.17.255.255": world, "198.20.0.0": world, "192.0.1.0": world, "172.32.0.0": world,
		"64:ff9b::203.0.113.7": world, "2002:cb00:7107::1": world, "::ffff:203.0.113.7": world,
		"10.0.0.7": network, "172.16.0.1": network, "192.168.1.7": network, "100.64.0.1": network,
		"192.0.0.8": network, "198.18.0.1": network, "198.19.255.255": network, "240.0.0.1": network,
		"255.255.255.255": network, "fd00::7": network, "fec0::1": network, "64:ff9b:1::1": network,
		"64:ff9b::10.0.0.7": network, "2002:a00:7::1": network, "::ffff:192.168.1.7": network,
		"169.254.169.254": link, "fe80::1%eth0": link, "64:ff9b::169.254.169.254": link, "::ffff:169.254.169.254": link,
		"127.0.0.1": machine, "127.255.255.255": machine, "::1": machine, "::": machine, "0.0.0.0": machine, "0.1.2.3": machine,
		"224.0.0.1": machine, "ff02::1": machine, "::ffff:127.0.0.1": machine, "64:ff9b::7f00:1": machine, "2002:7f00:1::": machine,
	} {
		if got := reachOf(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// seenAs is a connection whose peer has another address.
type seenAs struct {
	net.Conn
	addr net.Addr
}

func (c seenAs) RemoteAddr() net.Addr { return c.addr }

// A server elsewhere must not make this one send requests into its own network, nor
// learn from it which ports are open there. The operator may, and so may a server on
// this machine.
func TestRedirectsDoNotLeadInward(t *testing.T) {
	inside := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "audio/mpeg")
	}))
	var knocks atomic.Int32
	inside.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			knocks.Add(1)
		}
	}
	inside.Start()
	defer inside.Close()
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/live.m3u" {
			w.Header().Set("Content-Type", "audio/x-mpegurl")
			io.WriteString(w, inside.URL+"/secret")
			return
		}
		http.Redirect(w, r, inside.URL+"/secret", http.StatusFound)
	}))
	defer outside.Close()
	for address, want := range map[string]error{
		"203.0.113.7":  errInward,
		"2001:db8::7":  errInward,
		"192.168.1.7":  errInward,
		"100.64.0.7":   errInward,
		"fd00::7":      errInward,
		"169.254.10.1": errInward,
		"127.0.0.9":    nil,
		"::1":          nil,
	} {
		for _, path := range []string{"/live", "/live.m3u"} {
			p := NewPuller(nil)
			dial := p.dial
			p.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := dial(ctx, network, addr)
				if err == nil && addr == outside.Listener.Addr().String() {
					conn = seenAs{conn, &net.TCPAddr{IP: net.ParseIP(address), Port: 80}}
				}
				return conn, err
			}
			knocks.Store(0)
			r, err := p.stream(t.Context(), outside.URL+path, login{}, "/live")
			if !errors.Is(err, want) || (err == nil) != (want == nil) {
				t.Errorf("from %s: %v, want %v", address, err, want)
			}
			if err == nil {
				r.Close()
			} else if knocks.Load() > 0 {
				t.Errorf("from %s: a connection was made", address)
			}
		}
	}
}

// A server in the same network may redirect to another one there.
func TestNeighboursMaySendOn(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		refused  bool
	}{
		{"192.168.1.7", "10.0.0.7:8000", false},
		{"192.168.1.7", "203.0.113.7:8000", false},
		{"127.0.0.1", "192.168.1.7:8000", false},
		{"127.0.0.1", "[::1]:8000", false},
		{"203.0.113.7", "203.0.113.8:8000", false},
		{"fe80::2%eth0", "[fe80::1%eth0]:8000", false},
		{"192.168.1.7", "169.254.169.254:80", true},
		{"203.0.113.7", "192.168.1.7:80", true},
	} {
		ctx := context.WithValue(t.Context(), sentBy{}, netip.MustParseAddr(tt.from))
		if err := keepOutside(ctx, "tcp", tt.to, nil); (err != nil) != tt.refused {
			t.Errorf("%s to %s: %v", tt.from, tt.to, err)
		}
	}
	if err := keepOutside(t.Context(), "tcp", "127.0.0.1:80", nil); err != nil {
		t.Errorf("the operator: %v", err)
	}
}
