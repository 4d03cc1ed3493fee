package hostile

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// secured speaks TLS on a connection, with whoever it is.
func secured(conn net.Conn) *tls.Conn {
	return tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
}

// withCertificate is the table that shows the certificate of net/http's tests.
func withCertificate(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "pair.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("[tls]\ncert_file = %q\nkey_file = %q\n", file, file)
}

// hello returns what a client says first.
func hello() string {
	ours, theirs := net.Pipe()
	defer ours.Close()
	go func() {
		secured(theirs).Handshake() // in vain
		theirs.Close()
	}()
	first := make([]byte, 16<<10)
	n, _ := ours.Read(first)
	return string(first[:n])
}

// Whatever is done with TLS on a port where plain is spoken too, half of the crowd
// hears by TLS and half in plain all along.
func TestTLS(t *testing.T) {
	s := open(t, withCertificate(t))
	before := s.sockets(t)
	greeting := hello()
	raw := func(text string) func(*testing.T, *net.TCPConn) {
		return func(t *testing.T, conn *net.TCPConn) {
			io.WriteString(conn, text)
			read(conn)
		}
	}
	within := func(do func(t *testing.T, conn *tls.Conn)) func(*testing.T, *net.TCPConn) {
		return func(t *testing.T, conn *net.TCPConn) {
			secure := secured(conn)
			if err := secure.Handshake(); err != nil {
				t.Fatal(err)
			}
			do(t, secure)
		}
	}
	const stream = "GET /live HTTP/1.0\r\n\r\n"
	for _, c := range []struct {
		name string
		do   func(*testing.T, *net.TCPConn)
	}{
		{"one byte", raw(greeting[:1])},
		{"half a hello", raw(greeting[:len(greeting)/2])},
		{"a hello and nothing else", raw(greeting)},
		{"a hello, then noise", raw(greeting + string(noise(100_000)))},
		{"a hello, then a request", raw(greeting + hidden)},
		{"two hellos", raw(greeting + greeting)},
		{"a record beyond its length", raw("\x16\x03\x01\xff\xff" + strings.Repeat("\x00", 70_000))},
		{"a hello in records of one byte", raw(strings.Repeat("\x16\x03\x01\x00\x01\x01", 20_000))},
		{"alerts without end", raw(greeting + strings.Repeat("\x15\x03\x03\x00\x02\x01\x00", 20_000))},
		{"a hello and a reset", func(_ *testing.T, conn *net.TCPConn) {
			io.WriteString(conn, greeting)
			conn.SetLinger(0)
		}},
		{"a hello, half closed", func(_ *testing.T, conn *net.TCPConn) {
			io.WriteString(conn, greeting)
			conn.CloseWrite()
			read(conn)
		}},
		{"TLS within TLS", within(func(_ *testing.T, conn *tls.Conn) {
			if err := secured(conn).Handshake(); err == nil {
				t.Error("it is spoken")
			}
		})},
		{"says nothing", within(func(_ *testing.T, conn *tls.Conn) { read(conn) })},
		{"a head without end", within(func(t *testing.T, conn *tls.Conn) {
			go io.WriteString(conn, "GET / HTTP/1.1\r\n"+strings.Repeat("X-A: b\r\n", big))
			if answer := read(conn); statusOf(answer) != "431" {
				t.Errorf("%.100q", answer)
			}
		})},
		{"a request behind a request", within(func(t *testing.T, conn *tls.Conn) {
			io.WriteString(conn, stream+hidden)
			if answer := read(conn); strings.Count(answer, "HTTP/1.") != 1 {
				t.Error("it was answered")
			}
		})},
		{"a listener who reads nothing", within(func(t *testing.T, conn *tls.Conn) {
			conn.NetConn().(*net.TCPConn).SetReadBuffer(1 << 10)
			io.WriteString(conn, stream)
			eventually(t, "the server to drop him", func() bool { return s.dropped(conn) })
		})},
		{"a listener who sends data", within(func(t *testing.T, conn *tls.Conn) {
			io.WriteString(conn, stream)
			go conn.Write(noise(4 << 20))
			if len(read(conn)) < 1000 {
				t.Error("he hears nothing")
			}
		})},
		{"a listener who closes his side", within(func(_ *testing.T, conn *tls.Conn) {
			io.WriteString(conn, stream)
			conn.CloseWrite()
			read(conn)
		})},
		{"a listener who breaks the records", within(func(_ *testing.T, conn *tls.Conn) {
			io.WriteString(conn, stream)
			io.ReadFull(conn, make([]byte, 1000))
			conn.NetConn().Write(noise(1000))
			read(conn)
		})},
		{"a listener who resets", within(func(_ *testing.T, conn *tls.Conn) {
			io.WriteString(conn, stream)
			io.ReadFull(conn, make([]byte, 1000))
			conn.NetConn().(*net.TCPConn).SetLinger(0)
			conn.NetConn().Close()
		})},
		{"a source that breaks the records", within(func(t *testing.T, conn *tls.Conn) {
			io.WriteString(conn, "PUT /other HTTP/1.1\r\nContent-Type: audio/mpeg\r\n"+sourceLogin+"\r\n")
			conn.Write(numbered(128000, 1, 50))
			conn.NetConn().Write(noise(1000))
			read(conn)
			eventually(t, "the end of the source", func() bool { return s.free(t, "/other") })
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := s.dial(t)
			c.do(t, conn)
			conn.Close()
			s.settled(t)
		})
	}
	for name, text := range map[string]string{"half hellos": greeting[:100], "hellos": greeting} {
		t.Run("a flood of "+name, func(t *testing.T) {
			var flood sync.WaitGroup
			gate := make(chan struct{}, 200) // at once
			for range 1000 {
				gate <- struct{}{}
				flood.Go(func() {
					defer func() { <-gate }()
					if conn, err := s.connect(); err == nil { // the server need not take them all
						defer conn.Close()
						io.WriteString(conn, text)
						read(conn)
					}
				})
			}
			flood.Wait()
			s.settled(t)
		})
	}
	eventually(t, "the sockets to be given back", func() bool { return s.sockets(t) <= before })
}
