package hostile

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// peer is a server that misbehaves.
type peer struct {
	addr string
	mu   sync.Mutex
	asks int
}

// asked returns the number of connections so far.
func (p *peer) asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asks
}

// misbehave starts a peer that reads a request head and then calls do.
func misbehave(t *testing.T, do func(conn net.Conn, addr string)) *peer {
	t.Helper()
	return answer(t, func(conn net.Conn, addr, _ string) { do(conn, addr) })
}

// answer starts a peer that reads a request head and passes it to do.
func answer(t *testing.T, do func(conn net.Conn, addr, head string)) *peer {
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
				if n, err := conn.Read(head); err == nil {
					do(conn, p.addr, string(head[:n]))
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

// withoutEnd writes a piece over and over until a write fails.
func withoutEnd(conn net.Conn, piece string) {
	many := strings.Repeat(piece, 1+4096/len(piece))
	for {
		if _, err := io.WriteString(conn, many); err != nil {
			return
		}
	}
}

// misbehaviours of a server that is asked for a stream or as a hook.
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

// A server that a relay pulls from can do nothing worse than send no stream.
func TestRelaysFromHostileServers(t *testing.T) {
	t.Parallel()
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
	s := openWith(t, with(`source_timeout = "12s"`)+config.String())
	var cases sync.WaitGroup
	for name, p := range peers {
		beside(t, &cases, name, func(t *testing.T) {
			eventually(t, "the server to ask", func() bool { return p.asked() > 0 })
			s.says(t, "relay has no stream", `"`+mountsOf[name]+`"`)
			if s.plays(t, mountsOf[name]) && s.hears(t, mountsOf[name]) {
				t.Error("something is heard")
			}
			s.settled(t)
			if asked := p.asked(); asked > 200 {
				t.Errorf("asked %d times", asked)
			}
		})
	}
	cases.Wait()
}

// withHostilePeers opens a station with a configuration and a mount for each of
// misbehaviours. settings is added for each mount; %[1]s in it is the mount, and %[2]s
// the address of a server that misbehaves so. try uses a mount; its server must have been asked after
// that, but at most most times.
func withHostilePeers(t *testing.T, toml, settings string, most int, try func(t *testing.T, s *station, mount, misbehaviour string)) {
	var config strings.Builder
	peers := map[string]*peer{}
	mountOf := map[string]string{}
	for name, do := range misbehaviours {
		peers[name] = misbehave(t, do)
		mountOf[name] = fmt.Sprintf("/led%d", len(peers))
		fmt.Fprintf(&config, settings+"\n", mountOf[name], peers[name].addr)
	}
	s := openWith(t, toml+config.String())
	var cases sync.WaitGroup
	for name, p := range peers {
		beside(t, &cases, name, func(t *testing.T) {
			try(t, s, mountOf[name], name)
			eventually(t, "its server to be asked", func() bool { return p.asked() > 0 })
			if asked := p.asked(); asked > most {
				t.Errorf("asked %d times", asked)
			}
			s.settled(t)
		})
	}
	cases.Wait()
}

// unanswered are the misbehaviours that are not an answer; all others count as a
// hook's no.
var unanswered = []string{
	"hangs", "closes", "resets", "answers noise", "a line without end", "a head without end", "drips a head",
	"blocks of metadata that are none", "a negative distance between blocks", "a status that is none", "nothing but server errors",
}

// refusalBy returns the status that clients get when a hook misbehaves.
func refusalBy(misbehaviour string) string {
	if slices.Contains(unanswered, misbehaviour) {
		return "503"
	}
	return "401"
}

// hooked begins the configuration of a mount with a hook.
const hooked = "[[mount]]\nname = '%[1]s'\n"

// A hook that is asked about a listener and does not clearly answer yes admits no
// listener, and does not affect other clients.
func TestHooksOfHostileServers(t *testing.T) {
	t.Parallel()
	withHostilePeers(t, configuration, hooked+"silence = true\nlistener_auth.url = 'http://%[2]s/auth'", 10, func(t *testing.T, s *station, mount, misbehaviour string) {
		eventually(t, "the mount", func() bool {
			return strings.Contains(s.body(t, "GET /admin/listmounts HTTP/1.0\r\n"+admin), `"`+mount+`"`)
		})
		want := refusalBy(misbehaviour)
		if misbehaviour == "redirects to itself" { // a redirect, with which a hook may send listeners to another address
			want = "302"
		}
		if answer := s.await(t, "GET "+mount+" HTTP/1.0\r\n\r\n"); statusOf(answer) != want {
			t.Errorf("%.300q", answer)
		}
	})
}

// A hook that is asked about a source and does not clearly answer yes admits no
// source.
func TestSourceHooksOfHostileServers(t *testing.T) {
	t.Parallel()
	withHostilePeers(t, configuration, hooked+"listener_auth.stream_auth = 'http://%[2]s/auth'", 10, func(t *testing.T, s *station, mount, misbehaviour string) {
		raw := "PUT " + mount + " HTTP/1.1\r\nContent-Type: audio/mpeg\r\n" + sourceLogin + "\r\n"
		if answer := s.await(t, raw); statusOf(answer) != refusalBy(misbehaviour) {
			t.Errorf("%.300q", answer)
		}
		if s.plays(t, mount) {
			t.Error("it is on the air")
		}
	})
}

// A hook that is notified of sources does not hold anything up.
func TestNoticesToHostileServers(t *testing.T) {
	t.Parallel()
	withHostilePeers(t, configuration, hooked+"listener_auth.on_source = 'http://%[2]s/auth'", 20, func(t *testing.T, s *station, mount, _ string) {
		conn := s.source(t, mount, "")
		conn.Write(numbered(128000, 1, 50))
		if !s.hears(t, mount) {
			t.Error("the source is not heard")
		}
		conn.Close()
	})
}

// hanging connects many listeners that wait for an answer that does not come.
func (s *station) hanging(t *testing.T, mount string, many int) (waiting []net.Conn, end func()) {
	t.Helper()
	for range many {
		conn := s.dial(t)
		fmt.Fprintf(conn, "GET %s HTTP/1.0\r\n\r\n", mount)
		conn.SetDeadline(time.Time{})
		waiting = append(waiting, conn)
	}
	return waiting, func() {
		for _, conn := range waiting {
			conn.Close()
		}
	}
}

// A hook that hangs, however many clients wait for it, does not affect a mount with
// another hook.
func TestHealthyHookBesideHanging(t *testing.T) {
	t.Parallel()
	hanging := misbehave(t, misbehaviours["hangs"])
	healthy := misbehave(t, func(conn net.Conn, _ string) {
		io.WriteString(conn, "HTTP/1.0 200 OK\r\nicecast-auth-user: 1\r\nContent-Length: 0\r\n\r\n")
	})
	s := open(t, "[[mount]]\nname = '/hanging'\nsilence = true\nlistener_auth.url = 'http://"+hanging.addr+"/auth'\n"+
		"[[mount]]\nname = '/healthy'\nsilence = true\nlistener_auth.url = 'http://"+healthy.addr+"/auth'\n")
	for _, mount := range []string{"/hanging", "/healthy"} {
		eventually(t, mount, func() bool {
			return strings.Contains(s.body(t, "GET /admin/listmounts HTTP/1.0\r\n"+admin), `"`+mount+`"`)
		})
	}
	waiting, end := s.hanging(t, "/hanging", 200) // more than may ask at once
	defer end()
	eventually(t, "the server to ask", func() bool { return hanging.asked() > 0 })
	for range 5 {
		conn := s.dial(t)
		io.WriteString(conn, "GET /healthy HTTP/1.0\r\n\r\n")
		begin := make([]byte, len("HTTP/1.0 200"))
		if _, err := io.ReadFull(conn, begin); err != nil || statusOf(string(begin)+" ") != "200" {
			t.Errorf("%q, %v", begin, err)
		}
		conn.Close()
	}
	for _, conn := range waiting {
		conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		if n, _ := conn.Read(make([]byte, 1)); n > 0 {
			t.Fatal("listeners of the healthy hook had to wait for the time limit of the other")
		}
	}
	s.settled(t)
}

// A relay on demand that hangs makes only its own listeners wait, and for no longer
// than the limit.
func TestRelaysOnDemandFromHostileServers(t *testing.T) {
	t.Parallel()
	const onDemand = "[[relay]]\nurl = 'http://%[2]s/live'\nmount = '%[1]s'\non_demand = true"
	withHostilePeers(t, with(`source_timeout = "12s"`), onDemand, 200, func(t *testing.T, s *station, mount, _ string) {
		answer := s.await(t, "GET "+mount+" HTTP/1.0\r\n\r\n")
		if got := outcome(answer); got != "404" {
			t.Errorf("%s: %.300q", got, answer)
		}
	})
}

// streamList answers with a list of mounts; the mounts themselves do not exist.
func streamList(list func(conn net.Conn)) func(conn net.Conn, addr, head string) {
	return func(conn net.Conn, _, head string) {
		if !strings.HasPrefix(head, "GET /admin/streamlist.txt ") {
			io.WriteString(conn, "HTTP/1.0 404 Not Found\r\n\r\n")
			return
		}
		io.WriteString(conn, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n")
		list(conn)
	}
}

// A master may list any names: it is asked within limits, and invalid names have no
// effect.
func TestHostileMasters(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for n := range 100_000 {
		fmt.Fprintf(&many, "/m%d\n", n)
	}
	cases := map[string]func(conn net.Conn, addr, head string){
		"100,000 names": streamList(func(conn net.Conn) { io.WriteString(conn, many.String()) }),
		"gigabytes":     streamList(func(conn net.Conn) { withoutEnd(conn, strings.Repeat("/m\n", 1000)) }),
		"a name without end": streamList(func(conn net.Conn) {
			withoutEnd(conn, strings.Repeat("m", 4096))
		}),
		"hangs within the list": streamList(func(conn net.Conn) {
			io.WriteString(conn, "/m1\n/m")
			io.Copy(io.Discard, conn)
		}),
		"names that are none": streamList(func(conn net.Conn) {
			io.WriteString(conn, "/../x\n/admin/stats\n/api/v1/status\n/a//b\n/*\nlive\n/\x1b[2J\n/a\x00b\n"+forged+"\n/\xff\xfe\n")
		}),
		"a mount that is on the air here": streamList(func(conn net.Conn) { io.WriteString(conn, "/live\n") }),
	}
	for name, do := range misbehaviours {
		cases["asked for its list: "+name] = func(conn net.Conn, addr, _ string) { do(conn, addr) }
	}
	for name, do := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := answer(t, do)
			s := openFor(t, 4, configuration+"[master]\nurl = 'http://"+p.addr+"'\n[[mount]]\nname = '/*'\ngrace = '100ms'\n")
			eventually(t, "the server to ask", func() bool { return p.asked() > 0 })
			if name == "100,000 names" {
				eventually(t, "the list to be read, or refused", func() bool { return p.asked() > 1 || strings.Contains(s.log.String(), "list of mounts") })
			}
			s.settled(t)
			list := s.body(t, "GET /admin/listmounts HTTP/1.0\r\n"+admin)
			if n := strings.Count(list, "<source mount="); n != 1 {
				t.Errorf("%d mounts: %.1000q", n, list)
			}
			if asked := p.asked(); asked > 2000 {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}
