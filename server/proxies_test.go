package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"relay/conf"
	"relay/icy"
)

const trusting = "server.trusted_proxies = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8']\n"

func newTestProxies(t testing.TB, toml string) *proxies {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte(toml))
	if err != nil {
		t.Fatal(err)
	}
	return newProxies(conf.NewLive(c))
}

// from returns a request with the given header lines, after identify.
func (p *proxies) from(t testing.TB, peer string, lines ...string) *http.Request {
	t.Helper()
	req := &http.Request{Header: http.Header{}}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	addr, err := net.ResolveTCPAddr("tcp", peer)
	if err != nil {
		t.Fatal(err)
	}
	p.identify(req, addr)
	return req
}

func TestIdentify(t *testing.T) {
	const forwardedFor, real, forwarded = "X-Forwarded-For: ", "X-Real-IP: ", "Forwarded: "
	tests := []struct {
		name, peer, want string
		lines            []string
	}{
		{"no proxy", "192.0.2.1:5", "192.0.2.1:5", nil},
		{"a stranger's claim", "192.0.2.1:5", "192.0.2.1:5", []string{forwardedFor + "198.51.100.7", real + "198.51.100.7", forwarded + "for=198.51.100.7"}},
		{"the trusted proxy itself", "127.0.0.1:5", "127.0.0.1:5", nil},

		{"one proxy", "127.0.0.1:5", "198.51.100.7:5", []string{forwardedFor + "198.51.100.7", real + "198.51.100.7"}},
		{"several hops", "127.0.0.1:5", "198.51.100.7:5", []string{forwardedFor + "198.51.100.7, 10.1.1.1,10.2.2.2"}},
		{"in several lines", "127.0.0.1:5", "198.51.100.7:5", []string{forwardedFor + "203.0.113.9", forwardedFor + "198.51.100.7", forwardedFor + "10.1.1.1"}},
		{"what the client made up", "127.0.0.1:5", "198.51.100.7:5", []string{forwardedFor + "203.0.113.9, 198.51.100.7, 10.1.1.1"}},
		{"all are proxies", "127.0.0.1:5", "10.9.9.9:5", []string{forwardedFor + "10.9.9.9, 10.1.1.1"}},
		{"nonsense", "127.0.0.1:5", "127.0.0.1:5", []string{forwardedFor + "unknown"}},
		{"nothing", "127.0.0.1:5", "127.0.0.1:5", []string{forwardedFor + ""}},
		{"nonsense behind a proxy", "127.0.0.1:5", "10.1.1.1:5", []string{forwardedFor + "198.51.100.7, evil, 10.1.1.1"}},
		{"a port", "127.0.0.1:5", "198.51.100.7:5", []string{forwardedFor + "198.51.100.7:1234"}},
		{"IPv6", "[fd00::1]:5", "[2001:db8::7]:5", []string{forwardedFor + "[2001:db8::7]:1234"}},
		{"IPv6 bare", "[::ffff:127.0.0.1]:5", "[2001:db8::7]:5", []string{forwardedFor + "2001:db8::7"}},
		{"a zone", "127.0.0.1:5", "[fe80::1]:5", []string{forwardedFor + `fe80::1%eth0 - admin [x] "GET /secret`}},

		{"X-Real-IP alone", "127.0.0.1:5", "198.51.100.7:5", []string{real + "198.51.100.7"}},
		{"X-Real-IP, and what the client made up", "127.0.0.1:5", "198.51.100.7:5", []string{real + "198.51.100.7", forwardedFor + "203.0.113.9"}},
		{"X-Real-IP, and a chain that the client made up", "127.0.0.1:5", "198.51.100.7:5", []string{real + "198.51.100.7", forwardedFor + "203.0.113.9, 10.1.1.1"}},
		{"X-Real-IP of a client and of a proxy", "127.0.0.1:5", "198.51.100.7:5", []string{real + "203.0.113.9", real + "198.51.100.7"}},
		{"X-Real-IP of a proxy before", "127.0.0.1:5", "198.51.100.7:5", []string{real + "10.1.1.1", forwardedFor + "198.51.100.7, 10.1.1.1"}},
		{"X-Real-IP that is nonsense", "127.0.0.1:5", "198.51.100.7:5", []string{real + "unknown", forwardedFor + "198.51.100.7"}},
		{"X-Real-IP that is nonsense, alone", "127.0.0.1:5", "127.0.0.1:5", []string{real + "unknown"}},

		{"Forwarded", "127.0.0.1:5", "198.51.100.7:5", []string{forwarded + "for=198.51.100.7"}},
		{"Forwarded, all of it", "127.0.0.1:5", "198.51.100.7:5", []string{forwarded + `For="198.51.100.7:4711" ; Proto=https;by=203.0.113.43;HOST=radio.example.org`}},
		{"Forwarded of IPv6", "127.0.0.1:5", "[2001:db8:cafe::17]:5", []string{forwarded + `for="[2001:db8:cafe::17]:4711"`}},
		{"Forwarded of IPv6 without a port", "127.0.0.1:5", "[2001:db8:cafe::17]:5", []string{forwarded + `for="[2001:db8:cafe::17]"`}},
		{"Forwarded with escapes", "127.0.0.1:5", "[2001:db8:cafe::17]:5", []string{forwarded + `for="\[2001:db8:cafe::17\]"`}},
		{"Forwarded by several", "127.0.0.1:5", "198.51.100.7:5", []string{forwarded + "for=203.0.113.9, for=198.51.100.7;proto=http, for=10.1.1.1"}},
		{"Forwarded in several lines", "127.0.0.1:5", "198.51.100.7:5", []string{forwarded + "for=203.0.113.9,for=198.51.100.7", forwarded + "for=10.1.1.1"}},
		{"Forwarded for nobody that is known", "127.0.0.1:5", "127.0.0.1:5", []string{forwarded + "for=203.0.113.9, for=unknown"}},
		{"Forwarded for a secret name", "127.0.0.1:5", "10.1.1.1:5", []string{forwarded + `for=203.0.113.9, for="_gazonk:_port", for=10.1.1.1`}},
		{"Forwarded without for", "127.0.0.1:5", "127.0.0.1:5", []string{forwarded + "for=203.0.113.9, proto=https"}},
		{"Forwarded with a quote that does not end", "127.0.0.1:5", "198.51.100.7:5", []string{forwarded + `for="203.0.113.9, for=198.51.100.7`}},
		{"Forwarded with a quote around the proxy's", "127.0.0.1:5", "10.1.1.1:5", []string{forwarded + `for=203.0.113.9, x=", for=10.1.1.1`}},
		{"Forwarded with two clients in one", "127.0.0.1:5", "127.0.0.1:5", []string{forwarded + "for=203.0.113.9;for=198.51.100.7"}},
		{"Forwarded that is nonsense", "127.0.0.1:5", "127.0.0.1:5", []string{forwarded + ";;=,==, ,\"\\"}},
		{"Forwarded with IPv6 that is not quoted", "127.0.0.1:5", "[2001:db8::7]:5", []string{forwarded + "for=2001:db8::7"}},
		{"Forwarded of a client", "127.0.0.1:5", "198.51.100.7:5", []string{forwarded + "for=203.0.113.9", forwardedFor + "198.51.100.7"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := newTestProxies(t, trusting).from(t, tt.peer, append(tt.lines, "X-Forwarded-Proto: https")...)
			if req.RemoteAddr != tt.want {
				t.Errorf("got %s, want %s", req.RemoteAddr, tt.want)
			}
			trusted := tt.peer != "192.0.2.1:5"
			if believed := req.Header.Get("X-Forwarded-Proto") != ""; believed != trusted {
				t.Errorf("claims are believed: %v", believed)
			}
			if !trusted && len(req.Header) > 0 {
				t.Errorf("a stranger's claims are kept: %v", req.Header)
			}
		})
	}
}

// If one request of a proxy lacked a field, the proxy does not set it. From then on,
// the field has no effect, whatever a client writes into it.
func TestProxiesAreBelievedWhatTheyAlwaysSay(t *testing.T) {
	const client = "198.51.100.7"
	tests := map[string]struct {
		usual, made []string // the fields of the proxy, and those that a client adds
	}{
		"X-Forwarded-For":               {[]string{"X-Forwarded-For: " + client}, []string{"X-Real-IP: 203.0.113.9", "Forwarded: for=203.0.113.9"}},
		"X-Real-IP":                     {[]string{"X-Real-IP: " + client}, []string{"X-Forwarded-For: 203.0.113.9, 10.1.1.1", "Forwarded: for=203.0.113.9"}},
		"Forwarded":                     {[]string{"Forwarded: for=" + client}, []string{"X-Forwarded-For: 203.0.113.9", "X-Real-IP: 203.0.113.9"}},
		"X-Forwarded-For and Forwarded": {[]string{"X-Forwarded-For: " + client, "Forwarded: for=" + client}, []string{"X-Real-IP: 203.0.113.9"}},
		"X-Forwarded-For and X-Real-IP": {[]string{"X-Forwarded-For: " + client, "X-Real-IP: " + client}, []string{"Forwarded: for=203.0.113.9"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := newTestProxies(t, trusting)
			p.from(t, "10.0.0.1:5")                         // a program on the proxy's machine
			p.from(t, "10.0.0.2:5", "X-Real-IP: 192.0.2.1") // another proxy
			for _, lines := range [][]string{tt.usual, append(tt.made, tt.usual...), tt.usual} {
				if req := p.from(t, "10.0.0.1:5", lines...); req.RemoteAddr != client+":5" {
					t.Errorf("%q comes from %s", lines, req.RemoteAddr)
				}
			}
			req := p.from(t, "10.0.0.1:5", append(tt.made, tt.usual...)...)
			for _, line := range tt.made {
				if field, _, _ := strings.Cut(line, ": "); req.Header.Get(field) != "" {
					t.Errorf("%s of the client is left", field)
				}
			}
		})
	}
	t.Run("set up anew", func(t *testing.T) {
		p := newTestProxies(t, trusting)
		p.from(t, "10.0.0.1:5", "X-Real-IP: 192.0.2.1")
		for range 2 {
			if req := p.from(t, "10.0.0.1:5", "X-Forwarded-For: "+client); req.RemoteAddr != client+":5" {
				t.Errorf("from %s", req.RemoteAddr)
			}
		}
	})
	t.Run("as configured", func(t *testing.T) {
		p := newTestProxies(t, trusting+"server.proxy_header = 'X-Forwarded-For'\n")
		for _, lines := range [][]string{
			{"X-Real-IP: 203.0.113.9", "Forwarded: for=203.0.113.9", "X-Forwarded-For: " + client},
			{"X-Forwarded-For: " + client},
		} {
			if req := p.from(t, "10.0.0.1:5", lines...); req.RemoteAddr != client+":5" {
				t.Errorf("%q comes from %s", lines, req.RemoteAddr)
			}
		}
		if req := p.from(t, "10.0.0.1:5", "X-Real-IP: 203.0.113.9"); req.RemoteAddr != "10.0.0.1:5" {
			t.Errorf("another field is believed: %s", req.RemoteAddr)
		}
	})
	t.Run("many proxies", func(t *testing.T) {
		p := newTestProxies(t, trusting)
		for i := range 2 * maxProxies {
			p.from(t, fmt.Sprintf("10.0.%d.%d:5", i>>8, i&255), "X-Real-IP: 192.0.2.1")
		}
		if n := len(p.sets); n > maxProxies {
			t.Errorf("%d are remembered", n)
		}
	})
}

// The proxy's own element of Forwarded tells the scheme and the host of the request.
func TestForwardedSaysWhatWasAskedFor(t *testing.T) {
	for line, want := range map[string]string{
		`for=198.51.100.7;proto=https;host=radio.example.org`:                                     "https radio.example.org",
		`for=203.0.113.9;proto=http;host=evil, for=198.51.100.7;proto=https;host=a, for=10.1.1.1`: "https a",
		`for=198.51.100.7;proto=https, for=10.1.1.1;proto=http;host=inner`:                        "https inner",
		`for=unknown;proto=HTTPS;host="[2001:db8::1]:8443"`:                                       "https [2001:db8::1]:8443",
		`for=198.51.100.7;proto=gopher;host="a b"`:                                                " ",
	} {
		h := newTestProxies(t, trusting).from(t, "10.0.0.1:5", "Forwarded: "+line).Header
		if got := h.Get("X-Forwarded-Proto") + " " + h.Get("X-Forwarded-Host"); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// Whatever fields a proxy passes on, the result is an address. The fields of an
// untrusted client have no effect.
func FuzzIdentify(f *testing.F) {
	f.Add("203.0.113.9, 198.51.100.7, 10.1.1.1", "", "", "127.0.0.1:5")
	f.Add("", "[2001:db8::7]:1", "", "192.0.2.1:5")
	f.Add(",,fe80::1%eth0,::ffff:10.0.0.1", "x", "for=x", "10.0.0.1:5")
	f.Add("", "", `for="[2001:db8::7]:1";proto=https;host=a, for=_x;by="\"", for=10.0.0.1`, "10.0.0.1:5")
	p := newTestProxies(f, trusting)
	f.Fuzz(func(t *testing.T, forwardedFor, real, forwarded, from string) {
		peer, err := netip.ParseAddrPort(from)
		if err != nil {
			t.Skip()
		}
		req := &http.Request{Header: http.Header{"X-Forwarded-For": {forwardedFor}, "X-Real-Ip": {real}, "Forwarded": {forwarded}}}
		clear(p.sets)
		p.identify(req, net.TCPAddrFromAddrPort(peer))
		got, err := netip.ParseAddrPort(req.RemoteAddr)
		if err != nil || got.Port() != peer.Port() {
			t.Fatalf("%q from %s", req.RemoteAddr, from)
		}
		if zone := got.Addr().Zone(); zone != "" && zone != peer.Addr().Zone() {
			t.Fatalf("the zone is %q", zone)
		}
		trusted := conf.InNetworks(p.conf.Config().Server.TrustedProxies, peer.Addr())
		if !trusted && (req.RemoteAddr != net.TCPAddrFromAddrPort(peer).String() || len(req.Header) > 0) {
			t.Fatalf("%s is believed to be %s, %v", from, req.RemoteAddr, req.Header)
		}
		if host := req.Header.Get("X-Forwarded-Host"); host != "" && !icy.PlausibleHost(host) {
			t.Fatalf("the host is %q", host)
		}
	})
}

// The server reads the element that a proxy appends to Forwarded, whatever its client
// wrote before it.
func FuzzForwarded(f *testing.F) {
	f.Add(`for="`)
	f.Add(`for=203.0.113.9;proto="\`)
	f.Add(`,;=`)
	f.Fuzz(func(t *testing.T, made string) {
		hops := forwardedHops([]string{made + `, for="198.51.100.7:4711";proto=https`})
		if last := hops[len(hops)-1]; last != (hop{client: "198.51.100.7:4711", proto: "https"}) {
			t.Fatalf("%+v behind %q", last, made)
		}
	})
}
