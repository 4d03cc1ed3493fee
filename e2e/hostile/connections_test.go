package hostile

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"relay/e2e/harness"
)

// sockets returns how many descriptors of the server are sockets.
func (s *station) sockets(t *testing.T) (n int) {
	t.Helper()
	folder := fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid)
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Skipf("descriptors cannot be counted here: %v", err)
	}
	for _, e := range entries {
		if to, err := os.Readlink(filepath.Join(folder, e.Name())); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// steady returns the same once the number no longer changes.
func (s *station) steady(t *testing.T) (n int) {
	t.Helper()
	for alike := 0; alike < 3; { // number of equal counts in a row
		eventually(t, "two counts of sockets", func() bool {
			last := n
			n = s.sockets(t)
			if alike++; n != last {
				alike = 0
			}
			return alike > 0
		})
	}
	return n
}

// torrent keeps a source sending to a mount, a hundred times as fast as it plays, so
// that a listener that does not read falls behind whatever the system's buffers hold.
func (s *station) torrent(t *testing.T, mount string) {
	t.Helper()
	conn := s.source(t, mount, "")
	audio := numbered(320000, 1, 100)
	var sending sync.WaitGroup
	sending.Go(func() {
		for {
			conn.SetWriteDeadline(time.Now().Add(patience))
			if _, err := conn.Write(audio); err != nil {
				return
			}
			time.Sleep(25 * time.Millisecond) // the music of 2.6 s, without keeping a processor busy
		}
	})
	t.Cleanup(func() {
		conn.Close()
		sending.Wait()
		eventually(t, "the end of the torrent", func() bool { return s.free(t, mount) })
	})
	eventually(t, "the torrent", func() bool { return s.plays(t, mount) })
}

// Connections that only occupy the server are closed, with or without an answer, and
// leave no socket behind.
func TestConnections(t *testing.T) {
	t.Parallel()
	s := openWith(t, with(`header_timeout = "8s"`, `source_timeout = "12s"`, `listener_timeout = "8s"`))
	before := s.steady(t)
	drip := func(text string, every time.Duration) func(*testing.T, net.Conn) string {
		return func(t *testing.T, conn net.Conn) string {
			var dripping sync.WaitGroup
			defer dripping.Wait()
			dripping.Go(func() {
				for i := range len(text) {
					if _, err := io.WriteString(conn, text[i:i+1]); err != nil {
						return
					}
					time.Sleep(every)
				}
			})
			defer conn.Close()
			return read(t, conn)
		}
	}
	send := func(text string) func(*testing.T, net.Conn) string {
		return func(t *testing.T, conn net.Conn) string {
			io.WriteString(conn, text)
			return read(t, conn)
		}
	}
	never := func(text string) func(*testing.T, net.Conn) string { // reads nothing
		return func(t *testing.T, conn net.Conn) string {
			if mount, ok := strings.CutPrefix(text, "GET /torrent"); ok {
				s.torrent(t, "/torrent"+mount[:1])
			}
			conn.(*net.TCPConn).SetReadBuffer(1 << 10)
			io.WriteString(conn, text)
			eventually(t, "the server to drop it", func() bool { return s.dropped(conn) })
			return ""
		}
	}
	const stream = "GET /live HTTP/1.0\r\n"
	var cases sync.WaitGroup
	for _, c := range []struct {
		name string
		do   func(*testing.T, net.Conn) string
		want string
	}{
		{"says nothing", send(""), silent},
		{"says one byte", send("G"), silent},
		{"says a line and waits", send("GET / HTTP/1.1\r\n"), silent},
		{"says a head but its last line end", send("GET / HTTP/1.1\r\nHost: radio\r\n"), silent},
		{"drips a head", drip("GET / HTTP/1.1\r\nHost: radio\r\nX-A: "+strings.Repeat("b", 500), 50*time.Millisecond), silent},
		{"drips a password", drip(strings.Repeat("p", 500), 50*time.Millisecond), silent},
		{"drips fields without end", drip("GET / HTTP/1.1\r\n"+strings.Repeat("A: b\r\n", 100), 50*time.Millisecond), silent},
		{"drips a source's head", drip("PUT /x HTTP/1.1\r\nContent-Type: audio/mpeg\r\n"+sourceLogin+"X: "+strings.Repeat("b", 200), 50*time.Millisecond), silent},
		{"drips a source's music", func(t *testing.T, conn net.Conn) string {
			io.WriteString(conn, "PUT /drip HTTP/1.1\r\nContent-Type: audio/mpeg\r\n"+sourceLogin+"\r\n")
			return drip(string(numbered(128000, 1, 1)), 2*time.Millisecond)(t, conn)
		}, "200"},
		{"a source that sends nothing", send("PUT /mute HTTP/1.1\r\nContent-Type: audio/mpeg\r\n" + sourceLogin + "\r\n"), "200"},
		{"a SHOUTcast source that sends nothing", send("hackme\r\nicy-name:x\r\n\r\n"), "OK2"},
		{"a listener that reads nothing", never("GET /torrent1 HTTP/1.0\r\n\r\n"), silent},
		{"a listener with metadata that reads nothing", never("GET /torrent2 HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n"), silent},
		{"a page that is not read", never("GET / HTTP/1.1\r\nHost: radio\r\n\r\n"), silent},
		{"a listener that sends data", func(t *testing.T, conn net.Conn) string {
			io.WriteString(conn, stream+"\r\n")
			var sending sync.WaitGroup
			defer sending.Wait()
			sending.Go(func() { conn.Write(noise(4 << 20)) })
			defer conn.Close()
			return read(t, conn)
		}, heard},
		{"a listener that sends another request", func(t *testing.T, conn net.Conn) string {
			io.WriteString(conn, stream+"\r\n"+hidden)
			answer := read(t, conn)
			if strings.Count(answer, "HTTP/1.") != 1 {
				t.Error("it was answered")
			}
			return answer
		}, heard},
		{"a listener that closes its side", func(t *testing.T, conn net.Conn) string {
			io.WriteString(conn, stream+"\r\n")
			conn.(*net.TCPConn).CloseWrite()
			return read(t, conn)
		}, heard},
		{"a listener that resets", func(t *testing.T, conn net.Conn) string {
			io.WriteString(conn, stream+"\r\n")
			begin := make([]byte, 2000)
			n, _ := io.ReadFull(conn, begin)
			conn.(*net.TCPConn).SetLinger(0)
			return string(begin[:n])
		}, heard},
		{"many ranges", send(stream + "Range: bytes=" + strings.Repeat("0-1,", 2000) + "0-1\r\n\r\n"), heard},
		{"a range backwards", send(stream + "Range: bytes=10-1\r\n\r\n"), heard},
		{"a range beyond counting", send(stream + "Range: bytes=99999999999999999999-\r\n\r\n"), heard},
		{"a negative range", send(stream + "Range: bytes=-99999999999999999999\r\n\r\n"), heard},
		{"metadata a hundred times", send(stream + strings.Repeat("Icy-MetaData: 1\r\n", 100) + "\r\n"), heard},
		{"metadata beyond counting", send(stream + "Icy-MetaData: 99999999999999999999\r\n\r\n"), heard},
	} {
		beside(t, &cases, c.name, func(t *testing.T) {
			conn := s.dial(t)
			answer := c.do(t, conn)
			if got := outcome(answer); got != c.want {
				t.Errorf("%s, want %s: %.300q", got, c.want, answer)
			}
			conn.Close()
			s.settled(t)
		})
	}
	cases.Wait()
	eventually(t, "the sockets to be given back", func() bool { return s.sockets(t) <= before })
}

// dropped reports whether the server has closed a connection that the client does not
// read from.
func (s *station) dropped(conn net.Conn) bool {
	conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, err := conn.Write([]byte("x"))
	return err != nil
}

// Ten thousand connections without a request do not disturb the server while they are
// within its limit, nor when they end.
func TestIdleConnections(t *testing.T) {
	const many = 10_000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < many+2000 {
		harness.Missing(t, "%d descriptors are not enough (%v)", limit.Cur, err)
	}
	for name, c := range map[string]struct {
		limits string
		stay   int // number of connections left
	}{
		"allowed":        {"connections = 20000", many},
		"beyond a limit": {"connections = 1000", 999}, // the health check takes the place of one
	} {
		t.Run(name, func(t *testing.T) {
			s := openWith(t, with(`header_timeout = "1h"`+"\n"+c.limits))
			before := s.steady(t)
			idle := make([]net.Conn, 0, many)
			defer func() {
				for _, conn := range idle {
					conn.Close()
				}
			}()
			for range many {
				conn, err := s.connect()
				if err != nil {
					t.Fatal(err)
				}
				idle = append(idle, conn)
			}
			eventually(t, "only the connections that may stay", func() bool {
				s.ask(t, "GET /healthz HTTP/1.0\r\n\r\n") // each new client displaces the oldest
				if c.stay < many {
					return s.sockets(t) <= before+c.stay
				}
				return s.sockets(t) >= before+c.stay
			})
			if n := s.steady(t); n < before+c.stay/2 {
				t.Errorf("%d sockets of %d are left", n, before+c.stay)
			}
			if answer := s.ask(t, "HEAD /live HTTP/1.0\r\n\r\n"); statusOf(answer) != "200" {
				t.Errorf("another listener got %.100q", answer)
			}
			s.settled(t)
			for _, conn := range idle {
				conn.Close()
			}
			s.settled(t)
			eventually(t, "the sockets to be given back", func() bool { return s.sockets(t) <= before })
		})
	}
}

// flood opens many connections, atOnce of them at a time, and calls visit with each.
// Each outcome must be want ("this
// or that") or silence: the server need not accept all of them, and if it is busy it
// is too late for some. It must not be too late for all.
func (s *station) flood(t *testing.T, many, atOnce int, want string, visit func(conn net.Conn) string) {
	t.Helper()
	var visits sync.WaitGroup
	var met atomic.Int32
	gate := make(chan struct{}, atOnce)
	for range many {
		gate <- struct{}{}
		visits.Go(func() {
			defer func() { <-gate }()
			conn, err := s.connect()
			if err != nil {
				return
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(patience))
			switch got := visit(conn); {
			case slices.Contains(strings.Split(want, "|"), got):
				met.Add(1)
			case got != silent:
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
	visits.Wait()
	if n := int(met.Load()); n < many/10 {
		t.Errorf("%d of %d met %s", n, many, want)
	}
}

// A flood of any kind is over as soon as its limits allow, and no connected client
// has noticed.
func TestFloods(t *testing.T) {
	t.Parallel()
	s := openWith(t, with(`header_timeout = "8s"`))
	const many = 2000
	before := s.steady(t)
	for _, c := range []struct{ name, text, want string }{
		{"idle connections", "", silent},
		{"half heads", "GET / HTTP/1.1\r\nHost: ", silent},
		{"pages", "GET / HTTP/1.1\r\nHost: radio\r\n\r\n", "200"},
		{"wrong logins", "GET /admin/stats HTTP/1.1\r\n" + basic("admin:guess") + "\r\n", "401|429"},
		{"wrong sources", "PUT /x HTTP/1.1\r\nContent-Type: audio/mpeg\r\n" + basic("source:guess") + "\r\n", "401|429"},
		{"unknown mounts", "GET /unknown HTTP/1.0\r\n\r\n", "404"},
		{"resets while served", "GET /live HTTP/1.0\r\n\r\n", heard},
	} {
		t.Run(c.name, func(t *testing.T) {
			atOnce := 500
			switch {
			case c.want == silent: // all of them wait for the limit
				atOnce = many
			case c.name == "pages" && harness.RaceDetector: // which makes a page many times as slow
				atOnce = 100
			}
			s.flood(t, many, atOnce, c.want, func(conn net.Conn) string {
				io.WriteString(conn, c.text)
				if c.name != "resets while served" {
					return outcome(read(t, conn))
				}
				begin := make([]byte, 2000)
				n, _ := io.ReadFull(conn, begin)
				conn.(*net.TCPConn).SetLinger(0)
				return outcome(string(begin[:n]))
			})
			s.settled(t)
			eventually(t, "the sockets to be given back", func() bool { return s.sockets(t) <= before })
		})
	}
}

// The number of mounts is bounded: there is a limit of sources, and a mount ends with
// its source.
func TestMountsAreBounded(t *testing.T) {
	t.Parallel()
	s := open(t, "[[mount]]\nname = '/*'\ngrace = '100ms'\n")
	var refused int
	var conns []net.Conn
	for i := range 150 {
		conn := s.dial(t)
		fmt.Fprintf(conn, "PUT /m%d HTTP/1.1\r\nContent-Type: audio/mpeg\r\n%s\r\n", i, sourceLogin)
		answer := make([]byte, 12)
		io.ReadFull(conn, answer)
		if strings.HasSuffix(string(answer), "403") {
			refused++
		}
		conns = append(conns, conn)
	}
	if refused != 51 { // /live is one of the hundred
		t.Errorf("%d sources were refused", refused)
	}
	s.settled(t)
	for _, conn := range conns {
		conn.Close()
	}
	eventually(t, "the mounts to go", func() bool {
		return strings.Count(s.body(t, "GET /admin/listmounts HTTP/1.0\r\n"+basic("admin:adminpass")+"\r\n"), "<source mount=") == 1
	})
	s.settled(t)
}
