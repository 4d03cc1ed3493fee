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

// sockets counts the descriptors of the server that are sockets.
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

// steady counts them when those that are about to end have ended.
func (s *station) steady(t *testing.T) (n int) {
	t.Helper()
	for alike := 0; alike < 3; { // times in a row
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

// torrent keeps a source sending to a mount as fast as the server takes it, so
// that whoever does not read falls behind whatever the system keeps for him.
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
		}
	})
	t.Cleanup(func() {
		conn.Close()
		sending.Wait()
		eventually(t, "the end of the torrent", func() bool { return s.free(t, mount) })
	})
	eventually(t, "the torrent", func() bool { return s.plays(t, mount) })
}

// Connections that are there for their own sake end by themselves, answer or
// not, and leave no socket behind.
func TestConnections(t *testing.T) {
	t.Parallel()
	s := openForMutes(t, "")
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
			if strings.HasPrefix(text, "GET /torrent") {
				s.torrent(t, "/torrent")
			}
			conn.(*net.TCPConn).SetReadBuffer(1 << 10)
			io.WriteString(conn, text)
			eventually(t, "the server to drop it", func() bool { return s.dropped(conn) })
			return ""
		}
	}
	const stream = "GET /live HTTP/1.0\r\n"
	for _, c := range []struct {
		name string
		do   func(*testing.T, net.Conn) string
		want string
	}{
		{"says nothing", send(""), silent},
		{"says one byte", send("G"), silent},
		{"says a line and waits", send("GET / HTTP/1.1\r\n"), silent},
		{"says a head but its last line end", send("GET / HTTP/1.1\r\nHost: radio\r\n"), silent},
		{"drips a head", drip("GET / HTTP/1.1\r\nHost: radio\r\nX-A: "+strings.Repeat("b", 500), 20*time.Millisecond), silent},
		{"drips a password", drip(strings.Repeat("p", 500), 20*time.Millisecond), silent},
		{"drips fields without end", drip("GET / HTTP/1.1\r\n"+strings.Repeat("A: b\r\n", 100), 20*time.Millisecond), silent},
		{"drips a source's head", drip("PUT /x HTTP/1.1\r\nContent-Type: audio/mpeg\r\n"+sourceLogin+"X: "+strings.Repeat("b", 200), 20*time.Millisecond), silent},
		{"drips a source's music", func(t *testing.T, conn net.Conn) string {
			io.WriteString(conn, "PUT /drip HTTP/1.1\r\nContent-Type: audio/mpeg\r\n"+sourceLogin+"\r\n")
			return drip(string(numbered(128000, 1, 1)), 2*time.Millisecond)(t, conn)
		}, "200"},
		{"a source that sends nothing", send("PUT /mute HTTP/1.1\r\nContent-Type: audio/mpeg\r\n" + sourceLogin + "\r\n"), "200"},
		{"a SHOUTcast source that sends nothing", send("hackme\r\nicy-name:x\r\n\r\n"), "OK2"},
		{"a listener who reads nothing", never("GET /torrent HTTP/1.0\r\n\r\n"), silent},
		{"a listener with metadata who reads nothing", never("GET /torrent HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n"), silent},
		{"a page that nobody reads", never("GET / HTTP/1.1\r\nHost: radio\r\n\r\n"), silent},
		{"a listener who sends data", func(t *testing.T, conn net.Conn) string {
			io.WriteString(conn, stream+"\r\n")
			var sending sync.WaitGroup
			defer sending.Wait()
			sending.Go(func() { conn.Write(noise(4 << 20)) })
			defer conn.Close()
			return read(t, conn)
		}, heard},
		{"a listener who sends another request", func(t *testing.T, conn net.Conn) string {
			io.WriteString(conn, stream+"\r\n"+hidden)
			answer := read(t, conn)
			if strings.Count(answer, "HTTP/1.") != 1 {
				t.Error("it was answered")
			}
			return answer
		}, heard},
		{"a listener who closes his side", func(t *testing.T, conn net.Conn) string {
			io.WriteString(conn, stream+"\r\n")
			conn.(*net.TCPConn).CloseWrite()
			return read(t, conn)
		}, heard},
		{"a listener who resets", func(t *testing.T, conn net.Conn) string {
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
		t.Run(c.name, func(t *testing.T) {
			conn := s.dial(t)
			answer := c.do(t, conn)
			if got := outcome(answer); got != c.want {
				t.Errorf("%s, want %s: %.300q", got, c.want, answer)
			}
			conn.Close()
			s.settled(t)
		})
	}
	eventually(t, "the sockets to be given back", func() bool { return s.sockets(t) <= before })
}

// dropped tells whether the server has given a connection up that its owner
// does not read from.
func (s *station) dropped(conn net.Conn) bool {
	conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, err := conn.Write([]byte("x"))
	return err != nil
}

// Ten thousand connections that never say anything are nobody's trouble as long
// as they are allowed; nor is their end.
func TestIdleConnections(t *testing.T) {
	const many = 10_000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < many+2000 {
		harness.Missing(t, "%d descriptors are not enough (%v)", limit.Cur, err)
	}
	for name, c := range map[string]struct {
		limits string
		stay   int // connections
	}{
		"allowed":        {"connections = 20000", many},
		"beyond a limit": {"connections = 1000", 999}, // and whoever asks whether they are
	} {
		t.Run(name, func(t *testing.T) {
			toml := strings.Replace(configuration, `header_timeout = "3s"`, "header_timeout = \"1h\"\n"+c.limits, 1)
			s := openWith(t, toml)
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
			eventually(t, "those who may stay to be all", func() bool {
				s.ask(t, "GET /healthz HTTP/1.0\r\n\r\n") // who comes makes the oldest go
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

// flood has many clients visit the server, so many of them at once. Each must meet
// what is wanted ("this|or that") or silence: the server need not take them all, and
// a busy one is late for some. It must not be late for all.
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

// A flood of each kind is over as soon as its limit is, and nobody who was
// there has noticed.
func TestFloods(t *testing.T) {
	t.Parallel()
	s := open(t, "")
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
			s.flood(t, many, 500, c.want, func(conn net.Conn) string {
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

// Mounts cannot be made without bound: there is a limit of sources, and a mount
// goes with its source.
func TestMountsAreBounded(t *testing.T) {
	t.Parallel()
	// none of them shall go before the last has come
	patient := strings.Replace(configuration, `source_timeout = "10s"`, `source_timeout = "1h"`, 1)
	s := openWith(t, patient+"[[mount]]\nname = '/*'\ngrace = '100ms'\n")
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
	if refused != 51 { // of a hundred, /live is one
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
