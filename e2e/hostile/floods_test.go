package hostile

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"relay/e2e/harness"
)

// crowded returns a configuration with other values for some settings that does not
// log each client.
func crowded(settings ...string) string {
	return with(append(settings, `level = "info"`)...)
}

// costs returns what the server spends on do, in bytes: its memory at the maximum, and
// its log.
func (s *station) costs(t *testing.T, do func()) (memory, log int64) {
	t.Helper()
	before, logged := s.memory(t), int64(len(s.log.String()))
	memory = most(20*time.Millisecond, func() int64 { return s.memory(t) }, do)
	return memory - before, int64(len(s.log.String())) - logged
}

// most returns the maximum of what is measured every so often during do.
func most[N int | int64](every time.Duration, measure func() N, do func()) N {
	stop, maximum := make(chan struct{}), measure()
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			maximum = max(maximum, measure())
			select {
			case <-stop:
				return
			case <-time.After(every):
			}
		}
	})
	do()
	close(stop)
	watching.Wait()
	return maximum
}

// stayWell checks that health checks are answered for as long as during runs.
func (s *station) stayWell(t *testing.T, during func()) {
	t.Helper()
	stop := make(chan struct{})
	var asking sync.WaitGroup
	var longest time.Duration
	asking.Go(func() {
		for {
			began := time.Now()
			// With the race detector the server may be too slow to read a head in time.
			answer := s.ask(t, "GET /healthz HTTP/1.0\r\n\r\n")
			if statusOf(answer) != "200" && !(harness.RaceDetector && answer == "") {
				t.Errorf("/healthz answers %.100q", answer)
			}
			longest = max(longest, time.Since(began))
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
	during()
	close(stop)
	asking.Wait()
	t.Logf("/healthz took %v at most", longest)
}

// from opens a connection from a local address.
func (s *station) from(ip string) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}, Timeout: patience}
	conn, err := dialer.Dial("tcp", s.addr)
	if err == nil {
		conn.SetDeadline(time.Now().Add(patience))
	}
	return conn, err
}

// at returns an address for the i-th of many clients.
func at(i int) string { return fmt.Sprintf("127.77.%d.%d", i>>8, i&255) }

const oneClient = "127.0.0.99"

func one(int) string { return oneClient }

// Clients without a login cost little, however many come at once, whatever they send,
// and even if their requests never end.
func TestWorkBeforeALogin(t *testing.T) {
	t.Parallel()
	s := openFor(t, 20, strings.Replace(crowded(`header_timeout = "8s"`), "[limits]", "trusted_proxies = ['127.0.1.1']\n[limits]", 1))
	const form = host + "Content-Type: application/json\r\n"
	name := strings.Repeat("\U0010FFFE", 255_000)
	login := `{"user":"` + name + `","password":"x"}`
	filled := "X-A: " + strings.Repeat("a", 15_000) + "\r\n"
	sized := fmt.Sprintf("POST /api/v1/session HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", form, len(login), login)
	chunked := fmt.Sprintf("POST /api/v1/session HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", form, len(login), login)
	body := "Content-Length: 1000000\r\n\r\n" + login[:1_000_000]
	title := "PUT /api/v1/mounts/live/title HTTP/1.1\r\n" + form + body
	filledIn := "POST /admin/metadata HTTP/1.1\r\n" + host + "Content-Type: application/x-www-form-urlencoded\r\n" + body
	page := "GET / HTTP/1.1\r\n" + form + body
	forwarded := func(i int) string { return fmt.Sprintf("X-Forwarded-For: 198.51.%d.%d\r\n", i>>8, i&255) }
	proxy := func(int) string { return "127.0.1.1" }
	for _, c := range []struct {
		name   string
		many   int
		from   func(i int) string
		says   func(i int) string
		memory int64 // maximum in MiB
	}{
		{"large logins", 400, one, func(int) string { return sized }, 64},
		{"large logins in chunks", 400, one, func(int) string { return chunked }, 64},
		{"logins with long names", 400, one, func(i int) string {
			body := fmt.Sprintf(`{"user":"%s","password":"%d"}`, name[:4*1000], i)
			return fmt.Sprintf("POST /api/v1/session HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", form, len(body), body)
		}, 64},
		{"logins of as many bytes as may be", 400, one, func(i int) string {
			body := fmt.Sprintf(`{"user":"%s","password":"%d"}`, name[:4*60], i)
			return fmt.Sprintf("POST /api/v1/session HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", form, len(body), body)
		}, 64},
		{"logins that never end", 480, one, func(int) string {
			return "POST /api/v1/session HTTP/1.1\r\n" + form + "Transfer-Encoding: chunked\r\n\r\n100000\r\n" + login[:4000]
		}, 64},
		{"logins that never end, with large heads", 480, one, func(int) string {
			return "POST /api/v1/session HTTP/1.1\r\n" + form + filled + "Content-Length: 4000\r\n\r\n{"
		}, 64},
		{"titles without a login", 400, one, func(int) string { return title }, 64},
		{"forms", 400, one, func(int) string { return filledIn }, 64},
		{"pages with bodies", 400, one, func(int) string { return page }, 64},
		{"heads that never end", 480, one, func(int) string { return "GET / HTTP/1.1\r\n" + filled }, 64},
		{"passwords that never end", 480, one, func(int) string { return strings.Repeat("p", 15_000) }, 64},
		{"wrong sources with large heads", 400, one, func(i int) string {
			return "SOURCE /x HTTP/1.0\r\n" + basic(fmt.Sprintf("source:%d", i)) + filled + "\r\n"
		}, 64},
		{"bodies of one client behind a proxy", 1500, proxy, func(int) string {
			return "POST /api/v1/session HTTP/1.1\r\n" + form + forwarded(7) + filled + "Content-Length: 4000\r\n\r\n{"
		}, 96},
		{"bodies of many clients behind a proxy", 1500, proxy, func(i int) string {
			return "POST /api/v1/session HTTP/1.1\r\n" + form + forwarded(i) + filled + "Content-Length: 4000\r\n\r\n{"
		}, 192},
		{"bodies of many clients", 1500, at, func(int) string {
			return "POST /api/v1/session HTTP/1.1\r\n" + form + filled + "Content-Length: 4000\r\n\r\n{"
		}, 192},
	} {
		t.Run(c.name, func(t *testing.T) {
			statuses := map[string]int{}
			memory, log := s.costs(t, func() {
				s.stayWell(t, func() {
					var visits sync.WaitGroup
					var mu sync.Mutex
					for i := range c.many {
						visits.Go(func() {
							conn, err := s.from(c.from(i))
							if err != nil {
								return
							}
							defer conn.Close()
							var sending sync.WaitGroup
							sending.Go(func() { pour(conn, c.says(i)) })
							answer, _ := io.ReadAll(conn)
							conn.Close()
							sending.Wait()
							mu.Lock()
							defer mu.Unlock()
							statuses[outcome(string(answer))]++
						})
					}
					visits.Wait()
				})
			})
			t.Logf("%d MiB of memory, %d bytes of log: %v", memory>>20, log, statuses)
			if memory > c.memory<<20 && !harness.RaceDetector {
				t.Errorf("it cost %d MiB of memory", memory>>20)
			}
			if log > 64<<10 {
				t.Errorf("it cost %d bytes of log", log)
			}
			for status := range statuses {
				if status != silent && !strings.Contains("400 401 403 405 408 413 429 431 503 200 invalid password", status) {
					t.Errorf("some outcomes are %q", status)
				}
			}
			s.settled(t)
		})
	}
}

// pour writes a text piece by piece: the server need not read all of it.
func pour(conn net.Conn, text string) {
	for len(text) > 0 {
		n, err := io.WriteString(conn, text[:min(len(text), 64<<10)])
		if err != nil {
			return
		}
		text = text[n:]
	}
}

// handshakeTimeout returns the setting of a limit within which all handshakes of a
// crowd must be done: the server's default.
func handshakeTimeout() string {
	if harness.RaceDetector { // which makes a handshake many times as slow
		return `header_timeout = "50s"`
	}
	return `header_timeout = "15s"`
}

// TLS handshakes of one address wait for one another, and are limited like its
// connections. Meanwhile other clients' handshakes succeed.
func TestFloodOfHandshakes(t *testing.T) {
	s := openFor(t, 20, crowded(handshakeTimeout()+"\nconnections_per_ip = 100")+withCertificate(t))
	before := s.sockets(t)
	var sockets int
	memory, log := s.costs(t, func() {
		sockets = most(100*time.Millisecond, func() int { return s.sockets(t) }, func() {
			s.stayWell(t, func() { s.shakeWithinFlood(t, 100, 400) })
		})
	})
	t.Logf("%d MiB of memory, %d bytes of log, %d connections", memory>>20, log, sockets-before)
	if memory > 64<<20 && !harness.RaceDetector {
		t.Errorf("it cost %d MiB of memory", memory>>20)
	}
	if log > 64<<10 {
		t.Errorf("it cost %d bytes of log", log)
	}
	if sockets-before > 2*100+100+50 { // those of the flood, of the others, and of the health checks
		t.Errorf("there were %d connections more", sockets)
	}
	s.settled(t)
}

// shakeWithinFlood checks that a number of clients are answered over TLS while
// attackers, connections of one other client, begin handshakes over and over.
func (s *station) shakeWithinFlood(t *testing.T, clients, attackers int) {
	t.Helper()
	greeting := hello()
	stop := make(chan struct{})
	var flood, shaking sync.WaitGroup
	for range attackers {
		flood.Go(func() {
			for {
				if conn, err := s.from(oneClient); err == nil {
					io.WriteString(conn, greeting)
					conn.SetReadDeadline(time.Now().Add(time.Second))
					io.Copy(io.Discard, conn)
					conn.Close()
				}
				select {
				case <-stop:
					return
				case <-time.After(200 * time.Millisecond): // the server closes most of them at once
				}
			}
		})
	}
	for i := range clients {
		shaking.Go(func() {
			conn, err := s.from(at(i))
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			secure := secured(conn)
			io.WriteString(secure, "GET /healthz HTTP/1.0\r\n\r\n")
			if answer, err := io.ReadAll(secure); statusOf(string(answer)) != "200" {
				t.Errorf("another client got %.100q, %v", answer, err)
			}
		})
	}
	shaking.Wait()
	close(stop)
	flood.Wait()
}

// All listeners that reconnect at once over TLS, as after a restart, are admitted.
func TestManyHandshakesAtOnce(t *testing.T) {
	const many = 800
	s := openFor(t, 10, crowded(handshakeTimeout())+withCertificate(t))
	var coming sync.WaitGroup
	var in atomic.Int32
	stay := make(chan struct{})
	for i := range many {
		coming.Go(func() {
			conn, err := s.from(at(i))
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			secure := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
			io.WriteString(secure, "GET /live HTTP/1.0\r\n\r\n")
			begin := make([]byte, 2000)
			n, err := io.ReadFull(secure, begin)
			if got := outcome(string(begin[:n])); got != heard {
				t.Errorf("listener %d: %s, %v", i, got, err)
				return
			}
			in.Add(1)
			<-stay
		})
	}
	eventually(t, "all of them", func() bool { return in.Load() == many || t.Failed() })
	close(stay)
	coming.Wait()
	s.settled(t)
}

// A client has a limited number of places for listeners, whichever way it connects.
func TestPlacesOfOneClient(t *testing.T) {
	s := openFor(t, 10, strings.Replace(configuration, "[limits]", "trusted_proxies = ['127.0.1.1']\n[limits]\nconnections_per_ip = 5000", 1))
	const most = 500 // the default
	for name, c := range map[string]struct {
		from string
		head func(i int) string
		many int
		want int
	}{
		"directly":                         {oneClient, func(int) string { return "" }, most + 20, most},
		"behind a proxy":                   {"127.0.1.1", func(int) string { return "X-Forwarded-For: 198.51.100.7\r\n" }, most + 20, most},
		"behind a proxy, with what it may": {"127.0.1.1", func(i int) string { return fmt.Sprintf("X-Forwarded-For: 203.0.113.%d, 198.51.100.8\r\n", i%250) }, most + 20, most},
		"of a /64":                         {"127.0.1.1", func(i int) string { return fmt.Sprintf("Forwarded: for=\"[2001:db8::%x]\"\r\n", i) }, most + 20, most},
		"many behind a proxy":              {"127.0.1.1", func(i int) string { return fmt.Sprintf("X-Forwarded-For: 198.51.101.%d\r\n", i%200) }, most + 20, most + 20},
	} {
		t.Run(name, func(t *testing.T) {
			var conns []net.Conn
			defer func() {
				for _, conn := range conns {
					conn.Close()
				}
			}()
			for i := range c.many {
				conn, err := s.from(c.from)
				if err != nil {
					t.Fatal(err)
				}
				conns = append(conns, conn)
				fmt.Fprintf(conn, "GET /live HTTP/1.0\r\n%s\r\n", c.head(i))
			}
			statuses := map[string]int{}
			for _, conn := range conns {
				begin := make([]byte, 12)
				io.ReadFull(conn, begin)
				statuses[statusOf(string(begin))]++
			}
			if statuses["200"] != c.want || statuses["403"] != c.many-c.want {
				t.Errorf("%v", statuses)
			}
			s.settled(t)
		})
	}
}

// A client behind a proxy is the one that the proxy names, whatever the client itself
// sends.
func TestClientsOfProxiesAreWhoTheyAre(t *testing.T) {
	toml := strings.Replace(configuration, "[limits]", "trusted_proxies = ['127.0.1.0/24']\n[limits]", 1)
	s := openFor(t, 10, strings.Replace(toml, "[auth]", "[auth]\ndeny_ips = ['203.0.113.9']", 1))
	const denied, other = "203.0.113.9", "198.51.100.7"
	for n, sets := range []string{"X-Real-IP: %s", "X-Forwarded-For: %s", "Forwarded: for=%s", "Forwarded: for=\"%s:4711\";proto=https"} {
		field, _, _ := strings.Cut(sets, ":")
		for _, learned := range []bool{true, false} {
			proxy := fmt.Sprintf("127.0.1.%d", 10*n+2)
			if learned {
				proxy = fmt.Sprintf("127.0.1.%d", 10*n+3)
			}
			ask := func(t *testing.T, lines ...string) string {
				conn, err := s.from(proxy)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				fmt.Fprintf(conn, "GET /live.m3u HTTP/1.0\r\n%s\r\n\r\n", strings.Join(lines, "\r\n"))
				return statusOf(read(t, conn))
			}
			if learned {
				if got := ask(t, fmt.Sprintf(sets, other)); got != "200" {
					t.Errorf("%s: a client got %s", field, got)
				}
			} else if field != "X-Real-IP" {
				continue // this field takes precedence
			}
			for _, made := range []string{"X-Real-IP: %s", "X-Forwarded-For: %s", "X-Forwarded-For: %s, 127.0.1.1", "Forwarded: for=%s", "Forwarded: for=%s, for=127.0.1.1"} {
				if name, _, _ := strings.Cut(made, ":"); name == field {
					continue // the proxy replaces the field, or adds to it
				}
				for _, c := range []struct{ is, says, want string }{{denied, other, "403"}, {other, denied, "200"}} {
					if got := ask(t, fmt.Sprintf(made, c.says), fmt.Sprintf(sets, c.is)); got != c.want {
						t.Errorf("%s of the proxy, %q of the client: %s, want %s", field, made, got, c.want)
					}
				}
			}
		}
	}
	for _, field := range []string{"X-Real-IP: %s", "X-Forwarded-For: %s", "Forwarded: for=%s"} {
		if answer := s.ask(t, "GET /live.m3u HTTP/1.0\r\n"+fmt.Sprintf(field, denied)+"\r\n\r\n"); statusOf(answer) != "200" {
			t.Errorf("a stranger's %s is believed: %.100q", field, answer)
		}
	}
	s.settled(t)
}
