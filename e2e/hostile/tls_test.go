package hostile

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
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

// secured starts TLS on a connection, without checking certificates.
func secured(conn net.Conn) *tls.Conn {
	return tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
}

// withCertificate returns the [tls] table with the certificate of net/http's tests.
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

// hello returns the first bytes of a TLS client.
func hello() string {
	ours, theirs := net.Pipe()
	defer ours.Close()
	go func() {
		secured(theirs).Handshake() // it fails: the other end is closed
		theirs.Close()
	}()
	first := make([]byte, 16<<10)
	n, _ := ours.Read(first)
	return string(first[:n])
}

const (
	shaken  = "the server's part of a handshake"
	alerted = "an alert"
)

// record returns the type of the first TLS record of an answer, or else its outcome.
func record(answer string) string {
	switch {
	case strings.HasPrefix(answer, "\x16\x03"):
		return shaken
	case strings.HasPrefix(answer, "\x15\x03"):
		return alerted
	default:
		return outcome(answer)
	}
}

// Whatever happens over TLS on a port with both TLS and plain connections, half of
// the crowd hears over TLS and half without it throughout.
func TestTLS(t *testing.T) {
	t.Parallel()
	s := openWith(t, with(`header_timeout = "8s"`, `listener_timeout = "8s"`)+withCertificate(t))
	before := s.steady(t)
	greeting := hello()
	raw := func(text string) func(*testing.T, *net.TCPConn) string {
		return func(t *testing.T, conn *net.TCPConn) string {
			io.WriteString(conn, text)
			return read(t, conn)
		}
	}
	within := func(do func(t *testing.T, conn *tls.Conn) string) func(*testing.T, *net.TCPConn) string {
		return func(t *testing.T, conn *net.TCPConn) string {
			secure := secured(conn)
			if err := secure.Handshake(); err != nil {
				t.Fatal(err)
			}
			return do(t, secure)
		}
	}
	const stream = "GET /live HTTP/1.0\r\n\r\n"
	var cases sync.WaitGroup
	for _, c := range []struct {
		name string
		do   func(*testing.T, *net.TCPConn) string
		want string // an outcome, or the type of the only record
	}{
		{"one byte", raw(greeting[:1]), silent},
		{"half a hello", raw(greeting[:len(greeting)/2]), silent},
		{"a hello and nothing else", raw(greeting), shaken},
		{"a hello, then noise", raw(greeting + string(noise(100_000))), shaken},
		{"a hello, then a request", raw(greeting + hidden), shaken},
		{"two hellos", raw(greeting + greeting), shaken},
		{"a record beyond its length", raw("\x16\x03\x01\xff\xff" + strings.Repeat("\x00", 70_000)), alerted},
		{"a hello in records of one byte", raw(strings.Repeat("\x16\x03\x01\x00\x01\x01", 20_000)), alerted},
		{"alerts without end", raw(greeting + strings.Repeat("\x15\x03\x03\x00\x02\x01\x00", 20_000)), shaken},
		{"a hello and a reset", func(_ *testing.T, conn *net.TCPConn) string {
			io.WriteString(conn, greeting)
			conn.SetLinger(0)
			return ""
		}, silent},
		{"a hello, half closed", func(t *testing.T, conn *net.TCPConn) string {
			io.WriteString(conn, greeting)
			conn.CloseWrite()
			return read(t, conn)
		}, shaken},
		{"TLS within TLS", within(func(t *testing.T, conn *tls.Conn) string {
			if err := secured(conn).Handshake(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("it was accepted, or waited for: %v", err)
			}
			return ""
		}), silent},
		{"says nothing", within(func(t *testing.T, conn *tls.Conn) string { return read(t, conn) }), silent},
		{"a head without end", within(func(t *testing.T, conn *tls.Conn) string {
			go io.WriteString(conn, "GET / HTTP/1.1\r\n"+strings.Repeat("X-A: b\r\n", big))
			return read(t, conn)
		}), "431"},
		{"a request behind a request", within(func(t *testing.T, conn *tls.Conn) string {
			io.WriteString(conn, stream+hidden)
			answer := read(t, conn)
			if strings.Count(answer, "HTTP/1.") != 1 {
				t.Error("it was answered")
			}
			return answer
		}), heard},
		{"a listener that reads nothing", within(func(t *testing.T, conn *tls.Conn) string {
			s.torrent(t, "/torrent")
			conn.NetConn().(*net.TCPConn).SetReadBuffer(1 << 10)
			io.WriteString(conn, "GET /torrent HTTP/1.0\r\n\r\n")
			eventually(t, "the server to drop it", func() bool { return s.dropped(conn) })
			return ""
		}), silent},
		{"a listener that sends data", within(func(t *testing.T, conn *tls.Conn) string {
			io.WriteString(conn, stream)
			var sending sync.WaitGroup
			defer sending.Wait()
			sending.Go(func() { conn.Write(noise(4 << 20)) })
			defer conn.NetConn().Close()
			return read(t, conn)
		}), heard},
		{"a listener that closes its side", within(func(t *testing.T, conn *tls.Conn) string {
			io.WriteString(conn, stream)
			conn.CloseWrite()
			return read(t, conn)
		}), heard},
		{"a listener that breaks the records", within(func(t *testing.T, conn *tls.Conn) string {
			io.WriteString(conn, stream)
			begin := make([]byte, 1000)
			io.ReadFull(conn, begin)
			conn.NetConn().Write(noise(1000))
			return string(begin) + read(t, conn)
		}), heard},
		{"a listener that resets", within(func(t *testing.T, conn *tls.Conn) string {
			io.WriteString(conn, stream)
			begin := make([]byte, 2000)
			n, _ := io.ReadFull(conn, begin)
			conn.NetConn().(*net.TCPConn).SetLinger(0)
			conn.NetConn().Close()
			return string(begin[:n])
		}), heard},
		{"a source that breaks the records", within(func(t *testing.T, conn *tls.Conn) string {
			io.WriteString(conn, "PUT /other HTTP/1.1\r\nContent-Type: audio/mpeg\r\n"+sourceLogin+"\r\n")
			conn.Write(numbered(128000, 1, 50))
			conn.NetConn().Write(noise(1000))
			answer := read(t, conn)
			eventually(t, "the end of the source", func() bool { return s.free(t, "/other") })
			return answer
		}), "200"},
	} {
		beside(t, &cases, c.name, func(t *testing.T) {
			conn := s.dial(t)
			answer := c.do(t, conn)
			if got := record(answer); got != c.want {
				t.Errorf("%s, want %s: %.300q", got, c.want, answer)
			}
			conn.Close()
			s.settled(t)
		})
	}
	cases.Wait()
	for _, c := range []struct{ name, text, want string }{
		{"half hellos", greeting[:100], silent},
		{"hellos", greeting, shaken},
	} {
		t.Run("a flood of "+c.name, func(t *testing.T) {
			s.flood(t, 1000, 500, c.want, func(conn net.Conn) string {
				io.WriteString(conn, c.text)
				return record(read(t, conn))
			})
			s.settled(t)
		})
	}
	eventually(t, "the sockets to be given back", func() bool { return s.sockets(t) <= before })
}
