package hostile

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// peer is a server that behaves badly to whoever asks it.
type peer struct {
	addr string
	mu   sync.Mutex
	asks int
}

// asked is how often somebody has connected.
func (p *peer) asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asks
}

// misbehave starts a peer that reads a head and then does what it wants.
func misbehave(t *testing.T, do func(conn net.Conn, addr string)) *peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{addr: l.Addr().String()}
	var serving sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.asks++
			p.mu.Unlock()
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			serving.Go(func() {
				defer conn.Close()
				head := make([]byte, 4096)
				if _, err := conn.Read(head); err == nil {
					do(conn, p.addr)
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, conn := range conns {
			conn.Close()
		}
		mu.Unlock()
		serving.Wait()
	})
	return p
}

// without end writes a piece until nobody takes it any more.
func withoutEnd(conn net.Conn, piece string) {
	for {
		if _, err := io.WriteString(conn, piece); err != nil {
			return
		}
	}
}

// misbehaviours of a server that is asked for a stream or for its word.
var misbehaviours = map[string]func(conn net.Conn, addr string){
	"hangs":         func(conn net.Conn, _ string) { io.Copy(io.Discard, conn) },
	"closes":        func(net.Conn, string) {},
	"resets":        func(conn net.Conn, _ string) { conn.(*net.TCPConn).SetLinger(0) },
	"answers noise": func(conn net.Conn, _ string) { conn.Write(noise(100_000)) },
	"a line without end": func(conn net.Conn, _ string) {
		withoutEnd(conn, strings.Repeat("a", 4096))
	},
	"a head without end": func(conn net.Conn, _ string) {
		io.WriteString(conn, "HTTP/1.0 200 OK\r\n")
		withoutEnd(conn, "X-A: b\r\n")
	},
	"drips a head": func(conn net.Conn, _ string) {
		for _, c := range "HTTP/1.0 200 OK\r\nX-A: " + strings.Repeat("b", 1000) {
			if _, err := fmt.Fprintf(conn, "%c", c); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	},
	"redirects to itself": func(conn net.Conn, addr string) {
		io.WriteString(conn, "HTTP/1.0 302 Found\r\nLocation: http://"+addr+"/again\r\n\r\n")
	},
	"redirects to a file": func(conn net.Conn, _ string) {
		io.WriteString(conn, "HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n")
	},
	"redirects to nowhere": func(conn net.Conn, _ string) {
		io.WriteString(conn, "HTTP/1.0 302 Found\r\nLocation: \r\n\r\n")
	},
	"redirects with a line end": func(conn net.Conn, addr string) {
		io.WriteString(conn, "HTTP/1.0 302 Found\r\nLocation: http://"+addr+"/%0d%0aX: y\r\n\r\n")
	},
	"gigabytes of text": func(conn net.Conn, _ string) {
		io.WriteString(conn, "HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n")
		withoutEnd(conn, strings.Repeat("no music. ", 400))
	},
	"gigabytes of zeros": func(conn net.Conn, _ string) {
		io.WriteString(conn, "HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n")
		withoutEnd(conn, strings.Repeat("\x00", 4096))
	},
	"a playlist of itself": func(conn net.Conn, addr string) {
		fmt.Fprintf(conn, "HTTP/1.0 200 OK\r\nContent-Type: audio/x-mpegurl\r\n\r\nhttp://%s/more.m3u\r\n", addr)
	},
	"a playlist without end": func(conn net.Conn, _ string) {
		io.WriteString(conn, "HTTP/1.0 200 OK\r\nContent-Type: audio/x-mpegurl\r\n\r\n")
		withoutEnd(conn, "# nothing\r\n")
	},
	"a length that never comes": func(conn net.Conn, _ string) {
		io.WriteString(conn, "HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 1000\r\n\r\n")
		io.Copy(io.Discard, conn)
	},
	"chunks beyond counting": func(conn net.Conn, _ string) {
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n")
		withoutEnd(conn, strings.Repeat("x", 4096))
	},
	"blocks of metadata that are none": func(conn net.Conn, _ string) {
		io.WriteString(conn, "ICY 200 OK\r\nicy-metaint: 1\r\n\r\n")
		withoutEnd(conn, string(noise(4096)))
	},
	"a negative distance between blocks": func(conn net.Conn, _ string) {
		io.WriteString(conn, "ICY 200 OK\r\nicy-metaint: -1\r\n\r\n")
		withoutEnd(conn, "\xff")
	},
	"compressed without end": func(conn net.Conn, _ string) {
		io.WriteString(conn, "HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
		withoutEnd(conn, strings.Repeat("\x00", 4096))
	},
	"a status that is none": func(conn net.Conn, _ string) { io.WriteString(conn, "HTTP/1.0 -1 \x1b[2J\r\n\r\n") },
	"nothing but server errors": func(conn net.Conn, _ string) {
		io.WriteString(conn, "HTTP/1.0 500 no\r\n\r\n")
	},
}

// Servers that a stream is pulled from can do nothing but not send it.
func TestRelaysFromHostileServers(t *testing.T) {
	var config strings.Builder
	peers := map[string]*peer{}
	n := 0
	mountsOf := map[string]string{}
	for name, do := range misbehaviours {
		peers[name] = misbehave(t, do)
		n++
		mountsOf[name] = fmt.Sprintf("/pulled%d", n)
		fmt.Fprintf(&config, "[[relay]]\nurl = 'http://%s/live'\nmount = '%s'\n", peers[name].addr, mountsOf[name])
	}
	s := open(t, config.String())
	for name, p := range peers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eventually(t, "the server to ask", func() bool { return p.asked() > 0 })
			if s.hears(t, mountsOf[name]) {
				t.Error("something is heard")
			}
			s.settled(t)
			if asked := p.asked(); asked > 200 {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

// A web server that is asked who may listen, and gives no clear yes, lets
// nobody in and holds up nobody else.
func TestHooksOfHostileServers(t *testing.T) {
	var config strings.Builder
	peers := map[string]*peer{}
	mountOf := map[string]string{}
	for name, do := range misbehaviours {
		peers[name] = misbehave(t, do)
		mountOf[name] = fmt.Sprintf("/asked%d", len(peers))
		fmt.Fprintf(&config, "[[mount]]\nname = '%s'\nsilence = true\nlistener_auth.url = 'http://%s/auth'\n", mountOf[name], peers[name].addr)
	}
	s := open(t, config.String())
	for name, p := range peers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eventually(t, "the mount", func() bool {
				return strings.Contains(s.body(t, "GET /admin/listmounts HTTP/1.0\r\n"+basic("admin:adminpass")+"\r\n"), `"`+mountOf[name]+`"`)
			})
			answer := s.ask(t, "GET "+mountOf[name]+" HTTP/1.0\r\n\r\n")
			if statusOf(answer) != "401" {
				t.Errorf("%.300q", answer)
			}
			if asked := p.asked(); asked == 0 || asked > 10 {
				t.Errorf("asked %d times", asked)
			}
			s.settled(t)
		})
	}
}
