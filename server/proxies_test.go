package server

import (
	"net"
	"net/http"
	"net/netip"
	"testing"

	"relay/conf"
)

func TestIdentify(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte(`server.trusted_proxies = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"]`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, peer, forwarded, real, want string
	}{
		{"no proxy", "192.0.2.1:5", "", "", "192.0.2.1:5"},
		{"a stranger's claim", "192.0.2.1:5", "198.51.100.7", "198.51.100.7", "192.0.2.1:5"},
		{"one proxy", "127.0.0.1:5", "198.51.100.7", "198.51.100.7", "198.51.100.7:5"},
		{"X-Real-IP alone", "127.0.0.1:5", "", "198.51.100.7", "198.51.100.7:5"},
		{"several hops", "127.0.0.1:5", "198.51.100.7, 10.1.1.1,10.2.2.2", "", "198.51.100.7:5"},
		{"what the client made up", "127.0.0.1:5", "203.0.113.9, 198.51.100.7, 10.1.1.1", "", "198.51.100.7:5"},
		{"all are proxies", "127.0.0.1:5", "10.9.9.9, 10.1.1.1", "", "10.9.9.9:5"},
		{"nonsense", "127.0.0.1:5", "unknown", "", "127.0.0.1:5"},
		{"nonsense behind a proxy", "127.0.0.1:5", "198.51.100.7, evil, 10.1.1.1", "", "10.1.1.1:5"},
		{"a port", "127.0.0.1:5", "198.51.100.7:1234", "", "198.51.100.7:5"},
		{"IPv6", "[fd00::1]:5", "[2001:db8::7]:1234", "", "[2001:db8::7]:5"},
		{"IPv6 bare", "[::ffff:127.0.0.1]:5", "2001:db8::7", "", "[2001:db8::7]:5"},
		{"a zone", "127.0.0.1:5", `fe80::1%eth0 - admin [x] "GET /secret`, "", "[fe80::1]:5"},
		{"the trusted proxy itself", "127.0.0.1:5", "", "", "127.0.0.1:5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := &http.Request{Header: http.Header{}}
			if tt.forwarded != "" {
				req.Header.Set("X-Forwarded-For", tt.forwarded)
			}
			if tt.real != "" {
				req.Header.Set("X-Real-Ip", tt.real)
			}
			req.Header.Set("X-Forwarded-Proto", "https")
			peer, err := net.ResolveTCPAddr("tcp", tt.peer)
			if err != nil {
				t.Fatal(err)
			}
			proxies(c.Server.TrustedProxies).identify(req, peer)
			if req.RemoteAddr != tt.want {
				t.Errorf("got %s, want %s", req.RemoteAddr, tt.want)
			}
			trusted := tt.peer != "192.0.2.1:5"
			if believed := req.Header.Get("X-Forwarded-Proto") != ""; believed != trusted {
				t.Errorf("claims are believed: %v", believed)
			}
		})
	}
}

// Whatever a proxy passes on, the result is an address, and a stranger's claim
// changes nothing.
func FuzzIdentify(f *testing.F) {
	f.Add("203.0.113.9, 198.51.100.7, 10.1.1.1", "", "127.0.0.1:5")
	f.Add("", "[2001:db8::7]:1", "192.0.2.1:5")
	f.Add(",,fe80::1%eth0,::ffff:10.0.0.1", "x", "10.0.0.1:5")
	c, err := conf.Parse("relay.toml", []byte(`server.trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, forwarded, real, from string) {
		peer, err := netip.ParseAddrPort(from)
		if err != nil {
			t.Skip()
		}
		req := &http.Request{Header: http.Header{"X-Forwarded-For": {forwarded}, "X-Real-Ip": {real}}}
		proxies(c.Server.TrustedProxies).identify(req, net.TCPAddrFromAddrPort(peer))
		got, err := netip.ParseAddrPort(req.RemoteAddr)
		if err != nil || got.Port() != peer.Port() {
			t.Fatalf("%q from %s", req.RemoteAddr, from)
		}
		if zone := got.Addr().Zone(); zone != "" && zone != peer.Addr().Zone() {
			t.Fatalf("the zone is %q", zone)
		}
		if !conf.InNetworks(c.Server.TrustedProxies, peer.Addr()) && req.RemoteAddr != net.TCPAddrFromAddrPort(peer).String() {
			t.Fatalf("%s is believed to be %s", from, req.RemoteAddr)
		}
	})
}
