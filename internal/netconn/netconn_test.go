package netconn

import (
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"
)

// pair returns the two ends of a TCP connection on loopback.
func pair(t testing.TB) (server, client net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err = net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	server, err = listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server, client
}

func TestBelow(t *testing.T) {
	conn, _ := pair(t)
	proxied := proxyproto.NewConn(conn)
	for name, tt := range map[string]struct{ conn, below, belowProxy net.Conn }{
		"bare":                          {conn, conn, conn},
		"the PROXY protocol":            {proxied, conn, conn},
		"TLS":                           {tls.Server(conn, nil), conn, nil},
		"TLS within the PROXY protocol": {tls.Server(proxied, nil), conn, nil},
	} {
		if tt.belowProxy == nil {
			tt.belowProxy = tt.conn
		}
		if Below(tt.conn) != tt.below {
			t.Errorf("%s: Below returned %T", name, Below(tt.conn))
		}
		if BelowProxy(tt.conn) != tt.belowProxy {
			t.Errorf("%s: BelowProxy returned %T", name, BelowProxy(tt.conn))
		}
	}
}

// The answer arrives although the client has sent more than was read.
func TestCloseGently(t *testing.T) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"bare":               func(c net.Conn) net.Conn { return c },
		"the PROXY protocol": func(c net.Conn) net.Conn { return proxyproto.NewConn(c) },
	} {
		t.Run(name, func(t *testing.T) {
			conn, client := pair(t)
			if _, err := client.Write(make([]byte, 64<<10)); err != nil {
				t.Fatal(err)
			}
			server := wrap(conn)
			server.SetDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.WriteString(server, "no"); err != nil {
				t.Fatal(err)
			}
			closed := make(chan struct{})
			go func() {
				defer close(closed)
				CloseGently(server, 1<<20)
				server.Close()
			}()
			answer, err := io.ReadAll(client)
			if string(answer) != "no" || err != nil {
				t.Errorf("got %q, %v", answer, err)
			}
			client.Close()
			<-closed
		})
	}
}

// CloseGently reads no more than allowed.
func TestCloseGentlyIsBounded(t *testing.T) {
	conn, client := pair(t)
	if _, err := client.Write(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	CloseGently(conn, 60)
	left := make([]byte, 40)
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadFull(conn, left); err != nil {
		t.Errorf("the bytes beyond the limit were read: %v", err)
	}
}

func TestAddr(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1:8000": "192.0.2.1", "192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1",
		"[2001:db8::1]:8000": "2001:db8::1", "[2001:db8::1]": "2001:db8::1", "fe80::1%eth0": "fe80::1",
		"radio.example:80": "", "radio.example": "", "": "", "unknown": "", "_hidden": "",
	} {
		addr, ok := Addr(text)
		if ok != (want != "") || Text(addr) != want {
			t.Errorf("%q: %v, %v, want %q", text, addr, ok, want)
		}
	}
}

// Records of TLS go out in one call, and what has arrived is known when it fails.
func TestCork(t *testing.T) {
	counted := &countingConn{}
	cork := NewCork(counted)
	conn := struct{ tlsLike }{tlsLike{cork}}
	if CorkOf(conn) != cork || CorkOf(counted) != nil {
		t.Error("the cork is not found")
	}
	io.WriteString(cork, "through")
	cork.Cork()
	for _, text := range []string{"one", "two", "three"} {
		if n, err := io.WriteString(cork, text); n != len(text) || err != nil {
			t.Fatal(n, err)
		}
	}
	if counted.calls != 1 {
		t.Errorf("%d calls while corked", counted.calls)
	}
	held, sent, err := cork.Uncork()
	if want := (Written{3, 11}); held != want || sent != want || err != nil || counted.calls != 2 {
		t.Errorf("%v of %v sent in %d calls, %v", sent, held, counted.calls-1, err)
	}
	counted.most = 7
	cork.Cork()
	for _, text := range []string{"one", "two", "three"} {
		io.WriteString(cork, text)
	}
	if held, sent, err := cork.Uncork(); held != (Written{3, 11}) || sent != (Written{2, 6}) || err == nil {
		t.Errorf("%v of %v sent, %v", sent, held, err)
	}
}

type tlsLike struct{ net.Conn }

func (c tlsLike) NetConn() net.Conn { return c.Conn }

// countingConn counts calls of Write, which take no more than most bytes; 0: all.
type countingConn struct {
	net.Conn
	calls, most int
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.calls++
	if c.most > 0 && len(b) > c.most {
		return c.most, io.ErrShortWrite
	}
	return len(b), nil
}
