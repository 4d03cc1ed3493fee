package server

import (
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
)

const oneProxy = "server.trusted_proxies = ['127.0.0.1']\nauth.source_password = 'hackme'\n"

// proxyHeader returns a header of the PROXY protocol, version 2, with the address
// 192.0.2.7.
func proxyHeader(command, family byte) string {
	return "\r\n\r\n\x00\r\nQUIT\n" + string([]byte{command, family, 0, 12, 192, 0, 2, 7, 127, 0, 0, 1, 1, 1, 2, 2})
}

// A PROXY header without the client's address is refused and does no harm.
func TestAProxyNamesItsClient(t *testing.T) {
	s := newServer(t, oneProxy)
	core, log := observer.New(zap.ErrorLevel)
	s.Log = zap.New(core)
	l := listen(t)
	runServer(t, s, proxied(s.Conf, l))
	const get, password = "GET /healthz HTTP/1.0\r\n\r\n", "wrong\r\n\r\n"
	for _, c := range []struct {
		name, says string
		answered   bool
	}{
		{"TCP", proxyHeader(0x21, 0x11) + get, true},
		{"the proxy itself", proxyHeader(0x20, 0x10) + get, true},
		{"version 1, unknown", "PROXY UNKNOWN\r\n" + get, true},
		{"no protocol", proxyHeader(0x21, 0x10) + get, false},
		{"no protocol, SHOUTcast", proxyHeader(0x21, 0x10) + password, false},
		{"UDP", proxyHeader(0x21, 0x12) + get, false},
	} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		io.WriteString(conn, c.says)
		answer, _ := io.ReadAll(conn)
		conn.Close()
		if (len(answer) > 0) != c.answered {
			t.Errorf("%s: answered %q", c.name, answer)
		}
	}
	for _, line := range log.All() {
		t.Errorf("the log says %q", line.Message)
	}
}

// Behind a proxy, a refusal also arrives if the client has sent more than the server
// has read.
func TestRefusalsArriveThroughAProxy(t *testing.T) {
	s := newServer(t, oneProxy)
	l := listen(t)
	runServer(t, s, proxied(s.Conf, l))
	for says, want := range map[string]string{
		"SOURCE /live HTTP/1.0\r\nAuthorization: Basic eDp5\r\n\r\n": "HTTP/1.0 401 ",
		"GET / HTTP/9\r\n": "HTTP/1.0 400 ",
	} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		io.WriteString(conn, proxyHeader(0x21, 0x11)+says+strings.Repeat("audio", 2000))
		conn.(*net.TCPConn).CloseWrite()
		if answer, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(answer), want) {
			t.Errorf("%q is answered %q, %v", says, answer, err)
		}
		conn.Close()
	}
}

// spoken is a connection on which the client has sent says. Each Read returns at most
// piece bytes.
type spoken struct {
	net.Conn
	says  []byte
	piece int
}

func (s *spoken) Read(b []byte) (int, error) {
	if len(s.says) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.says[:min(len(s.says), s.piece)])
	s.says = s.says[n:]
	return n, nil
}

func (s *spoken) RemoteAddr() net.Addr            { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5} }
func (s *spoken) LocalAddr() net.Addr             { return s.RemoteAddr() }
func (s *spoken) SetDeadline(time.Time) error     { return nil }
func (s *spoken) SetReadDeadline(time.Time) error { return nil }
func (s *spoken) Accept() (net.Conn, error)       { return s, nil }
func (s *spoken) Addr() net.Addr                  { return nil }

// Whatever header a proxy sends, the server knows an address to check.
func FuzzProxyHeader(f *testing.F) {
	const get = "GET / HTTP/1.0\r\n\r\n"
	f.Add([]byte(proxyHeader(0x21, 0x10)+get), 100)
	f.Add([]byte(proxyHeader(0x21, 0x11)+get), 1)
	f.Add([]byte("PROXY TCP6 2001:db8::7 ::1 1 2\r\n"+get), 7)
	c, err := conf.Parse("relay.toml", []byte(oneProxy))
	if err != nil {
		f.Fatal(err)
	}
	live := conf.NewLive(c)
	f.Fuzz(func(t *testing.T, says []byte, piece int) {
		conn, err := proxied(live, &spoken{says: says, piece: max(piece, 1)}).Accept()
		if err != nil {
			t.Fatal(err)
		}
		readHead(conn, time.Time{}, anyBytes)
		req := &http.Request{Header: http.Header{}}
		newProxies(live).identify(req, conn.RemoteAddr())
		if _, err := netip.ParseAddrPort(req.RemoteAddr); err != nil {
			t.Fatalf("from %q", req.RemoteAddr)
		}
	})
}
