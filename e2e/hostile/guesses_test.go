package hostile

import (
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// behindProxy starts a station that takes clients' addresses from their
// X-Forwarded-For.
func behindProxy(t *testing.T, more string) *station {
	t.Helper()
	settings := strings.Replace(with(`level = "info"`), "[limits]", "trusted_proxies = [\"127.0.0.0/8\"]\n[limits]", 1)
	return openWith(t, settings+more)
}

// lookFrom returns a request for the statistics of a mount, from an address and with
// a login.
func lookFrom(ip, login string) string {
	return "GET /admin/stats?mount=/live HTTP/1.0\r\nX-Forwarded-For: " + ip + "\r\n" + basic(login) + "\r\n"
}

// Guesses from very many addresses are counted together: by customer networks, and
// for the whole server. A DJ who has logged in before is still admitted.
func TestGuessesFromManyAddresses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from   func(i int) string
		many   int
		looked int32 // limit of guesses that are checked
		dj     string
	}{
		"of one /48": {func(i int) string { return fmt.Sprintf("2001:db8:1:%x::1", i) }, 1000, 64, "2001:db8:1:ffff::7"},
		"of one /56": {func(i int) string { return fmt.Sprintf("2001:db8:2:%x::1", i&255) }, 500, 32, "2001:db8:2:aa:7::7"},
		"a botnet":   {func(i int) string { return fmt.Sprintf("10.%d.%d.1", i>>8, i&255) }, 1150, 1000, "192.0.2.7"},
	} {
		t.Run(name, func(t *testing.T) {
			s := behindProxy(t, "")
			if answer := s.ask(t, lookFrom(c.dj, "source:hackme")); statusOf(answer) != "200" {
				t.Fatalf("the DJ gets %.300q", answer)
			}
			began := time.Now()
			var looked, later, next atomic.Int32
			var guessers sync.WaitGroup
			for range 100 {
				guessers.Go(func() {
					for i := next.Add(1); int(i) < c.many; i = next.Add(1) {
						switch answer := s.ask(t, lookFrom(c.from(int(i)), "source:"+rand.Text())); statusOf(answer) {
						case "401":
							looked.Add(1)
						case "429":
							later.Add(1)
						default:
							t.Errorf("a guess got %.300q", answer)
						}
					}
				})
			}
			guessers.Wait()
			most := c.looked + int32(time.Since(began)/time.Second) + 1
			if n := looked.Load(); n > most || later.Load() == 0 {
				t.Errorf("%d of %d guesses were checked, want at most %d; %d were put off", n, c.many, most, later.Load())
			}
			if answer := s.ask(t, lookFrom(c.dj, "source:hackme")); statusOf(answer) != "200" {
				t.Errorf("the DJ gets %.300q", answer)
			}
			s.settled(t)
		})
	}
}

// One wrong login that is repeated as fast as possible is answered at a limited rate,
// and takes little of the log. It does not block anybody else.
func TestOneWrongLoginVeryOften(t *testing.T) {
	t.Parallel()
	s := behindProxy(t, "")
	const ip = "192.0.2.1"
	before := len(s.log.String())
	began := time.Now()
	var looked, later atomic.Int32
	var connections sync.WaitGroup
	for range 40 {
		connections.Go(func() {
			for time.Since(began) < 4*time.Second {
				switch statusOf(s.ask(t, lookFrom(ip, "source:old"))) {
				case "401":
					looked.Add(1)
				case "429":
					later.Add(1)
				}
			}
		})
	}
	connections.Wait()
	most := 140 + int32(10*time.Since(began).Seconds())
	if n := looked.Load(); n > most || n < 100 || later.Load() == 0 {
		t.Errorf("%d were checked in %v, want at most %d; %d were put off", n, time.Since(began), most, later.Load())
	}
	if grown := len(s.log.String()) - before; grown > 500_000 {
		t.Errorf("the log has grown by %d bytes", grown)
	}
	if answer := s.ask(t, lookFrom(ip, "source:hackme")); statusOf(answer) != "200" {
		t.Errorf("the right login of the same address gets %.300q", answer)
	}
	s.settled(t)
}

// Hooks that do not answer keep few clients waiting, however many come, and take
// little of the log.
func TestHooksThatAreDown(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"hangs", "drips a head", "closes", "nothing but server errors"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := misbehave(t, misbehaviours[name])
			s := behindProxy(t, "[[mount]]\nname = '/led'\nsilence = true\nlistener_auth = { url = 'http://"+p.addr+"/auth', stream_auth = 'http://"+p.addr+"/dj' }\n")
			s.declared(t, "/led")
			before := len(s.log.String())
			began := time.Now()
			waited := 0
			for range 50 {
				asked := time.Now()
				for _, request := range []string{
					"GET /led HTTP/1.0\r\n\r\n",
					"PUT /led HTTP/1.1\r\nContent-Type: audio/mpeg\r\n" + sourceLogin + "\r\n",
				} {
					if answer := s.ask(t, request); statusOf(answer) != "503" || !strings.Contains(answer, "Retry-After: 5\r\n") {
						t.Fatalf("%.300q", answer)
					}
				}
				if time.Since(asked) > 4*time.Second {
					waited++
				}
			}
			if most := 2 + int(time.Since(began)/(5*time.Second)); waited > most {
				t.Errorf("%d of 50 waited for the hook", waited)
			}
			if n := strings.Count(s.log.String()[before:], "a hook does not answer"); n < 1 || n > 4+int(time.Since(began)/time.Minute) {
				t.Errorf("%d lines say that a hook does not answer", n)
			}
			if grown := len(s.log.String()) - before; grown > 20_000 {
				t.Errorf("the log has grown by %d bytes", grown)
			}
			s.settled(t)
		})
	}
}

// declared waits until a configured mount exists.
func (s *station) declared(t *testing.T, mount string) {
	t.Helper()
	eventually(t, mount, func() bool {
		return strings.Contains(s.body(t, "GET /admin/listmounts HTTP/1.0\r\n"+admin), `"`+mount+`"`)
	})
}

// A hook whose answer has an endless body has answered with its head.
func TestHookBodyWithoutEnd(t *testing.T) {
	t.Parallel()
	p := misbehave(t, func(conn net.Conn, _ string) {
		io.WriteString(conn, "HTTP/1.0 200 OK\r\nicecast-auth-user: 1\r\n\r\n")
		for {
			if _, err := io.WriteString(conn, "x"); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
	s := open(t, "[[mount]]\nname = '/led'\nsilence = true\nlistener_auth.url = 'http://"+p.addr+"/auth'\n")
	s.declared(t, "/led")
	began := time.Now()
	for range 10 {
		if !s.hears(t, "/led") {
			t.Fatal("a listener hears nothing")
		}
	}
	if took := time.Since(began); took > 25*time.Second {
		t.Errorf("10 listeners took %v", took)
	}
	s.settled(t)
}
