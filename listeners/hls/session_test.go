package hls

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/codec"
	"relay/codec/aac"
	"relay/conf"
	"relay/icy"
	"relay/internal/accesslog"
	"relay/mounts"
)

// onAir is run with a source that has played for half a minute.
func onAir(t *testing.T, toml string, test func(*testing.T, *station, *deck)) {
	t.Helper()
	run(t, toml, func(t *testing.T, s *station) {
		d := s.attach("/live", mounts.LiveSource)
		d.play(30 * time.Second)
		test(t, s, d)
	})
}

// expect checks the status of an answer.
func (r reply) expect(t testing.TB, status int) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("answered %d %q, want %d", r.status, r.body, status)
	}
	return r
}

// A client that asks for playlists is one listener, from the first media playlist until
// three target durations after the last one.
func TestSessionIsAListener(t *testing.T) {
	onAir(t, live, func(t *testing.T, s *station, d *deck) {
		a := &d.Mount.Audience
		list := s.tune("/live")
		if a.Count() != 0 {
			t.Error("the multivariant playlist makes a listener")
		}
		v, began := newViewer(t), time.Now()
		for range 20 {
			v.read(s.ask("GET "+list, "User-Agent: Player/1").expect(t, 200).body)
			if l := a.List(); len(l) != 1 || l[0].Via != mounts.ViaHLS || l[0].Agent() != "Player/1" || l[0].Addr != netip.MustParseAddr("192.0.2.1") {
				t.Fatalf("listeners %+v", l)
			}
			d.play(6 * time.Second)
		}
		played := time.Since(began) + 12*time.Second
		if sent, want := float64(a.Sent()), played.Seconds()*16_000; sent < want*0.95 || sent > want*1.1 {
			t.Errorf("%v bytes sent, want about %v", sent, want)
		}
		last := time.Now().Add(-6 * time.Second)
		for a.Count() > 0 {
			d.play(50 * time.Millisecond)
		}
		if stayed := time.Since(last); stayed < silence || stayed > silence+2*pace {
			t.Errorf("left %v after its last request", stayed)
		}
		s.ask("GET "+list).expect(t, 200)
		if a.Count() != 1 {
			t.Error("it cannot come back")
		}
	})
}

// An operator removes a session: it is refused from then on, and others are not.
func TestKick(t *testing.T) {
	onAir(t, live, func(t *testing.T, s *station, d *deck) {
		a := &d.Mount.Audience
		list := s.tune("/live")
		s.ask("GET "+list).expect(t, 200)
		s.askFrom("192.0.2.9:1", "GET "+list).expect(t, 200) // has the same token, by way of a cache
		for _, l := range a.List() {
			if l.Addr == netip.MustParseAddr("192.0.2.1") {
				a.Order(l.ID, mounts.Order{})
			}
		}
		r := s.ask("GET "+list).expect(t, 403)
		if r.header.Get("Cache-Control") != never || !r.keep {
			t.Errorf("%+v", r)
		}
		s.askFrom("192.0.2.9:1", "GET "+list).expect(t, 200)
		s.ask("GET "+s.tune("/live")).expect(t, 200)
		d.play(9 * time.Minute)
		s.ask("GET "+list).expect(t, 403)
		s.ask("HEAD "+list).expect(t, 403)
		d.play(3 * time.Minute)
		s.ask("GET "+list).expect(t, 200)
		a.OrderAll(mounts.Order{})
		d.play(time.Second) // without a request
		if a.Count() != 0 {
			t.Error("a session stays")
		}
		if n := len(s.removed); n != 1 {
			t.Errorf("%d removed sessions are remembered", n)
		}
	})
}

// What is remembered of removed sessions has a bound.
func TestRemovedSessionsAreForgotten(t *testing.T) {
	s := newStation(t, live, nil)
	d := s.attach("/live", mounts.LiveSource)
	for range maxRemoved + 10 {
		k := key{token: newToken()}
		s.sessions[k] = &session{mount: d.Mount}
		s.end(k, s.sessions[k], mounts.LeftKicked)
	}
	if n := len(s.removed); n > maxRemoved {
		t.Errorf("%d are remembered", n)
	}
	s.Registry.Close()
}

// A ban ends a session, and keeps its client out by HLS too.
func TestBan(t *testing.T) {
	onAir(t, live, func(t *testing.T, s *station, d *deck) {
		list := s.tune("/live")
		s.ask("GET "+list).expect(t, 200)
		s.Gate.Ban(netip.MustParsePrefix("192.0.2.1/32"), time.Time{})
		d.Mount.Audience.OrderAll(mounts.Order{MoveTo: d.Mount}) // any order makes the session look
		s.ask("GET "+list).expect(t, 403)
		s.ask("GET "+s.tune("/live")).expect(t, 403)
		s.ask("HEAD "+s.tune("/live")).expect(t, 403)
		if d.Mount.Audience.Count() != 0 {
			t.Error("a banned client is a listener")
		}
	})
}

// A session ends with its mount. Its client goes on with the next one of that name, even
// if it asks before the session has been ended.
func TestMountsThatComeBack(t *testing.T) {
	onAir(t, live, func(t *testing.T, s *station, d *deck) {
		list, v := s.tune("/live"), newViewer(t)
		v.read(s.ask("GET "+list).expect(t, 200).body)
		d.Detach()
		time.Sleep(time.Second) // exactly the grace: sweep may not have run
		d = s.attach("/live", mounts.LiveSource)
		v.read(s.ask("GET "+list).expect(t, 200).body)
		d.play(10 * time.Second)
		v.read(s.ask("GET "+list).expect(t, 200).body)
		if n := d.Mount.Audience.Count(); n != 1 {
			t.Errorf("%d listeners", n)
		}
		d.Detach()
		time.Sleep(5 * time.Second)
		if s.Sessions() != 0 || s.Registry.Listeners() != 0 {
			t.Error("a session outlives its mount")
		}
		v.read(s.ask("GET "+list).expect(t, 200).body) // it waits for the mount
		s.ask("GET /live.m3u8").expect(t, 404)         // but nobody comes new
		if s.Sessions() != 0 {
			t.Error("a session without a mount")
		}
	})
}

// Sessions that an operator moves hear the other mount in the playlist that they ask for,
// which goes on as it must.
func TestMove(t *testing.T) {
	onAir(t, live+"hls_window = '1m'\n", func(t *testing.T, s *station, d *deck) {
		other := s.attach("/folder/other:x", mounts.LiveSource)
		s.attach("/empty", mounts.LiveSource)
		both := func(length time.Duration) {
			for end := time.Now().Add(length); time.Now().Before(end); {
				time.Sleep(pace)
				d.catchUp()
				other.catchUp()
			}
		}
		both(40 * time.Second)
		list, v := s.tune("/live"), newViewer(t)
		poll := func(times int) (last string) {
			for range times {
				both(3 * time.Second)
				list := v.read(s.ask("GET "+list).expect(t, 200).body).GetAllSegments()
				last = resolve("/live/hls/x.m3u8", list[len(list)-1].URI)
				s.ask("GET "+last).expect(t, 200)
			}
			return last
		}
		poll(5)
		move := func(from *deck, to *mounts.Mount) {
			if n := from.Mount.Audience.OrderAll(mounts.Order{MoveTo: to}); n != 1 {
				t.Fatalf("%d listeners are moved", n)
			}
		}
		move(d, s.Registry.Find("/empty")) // has nothing to hear yet
		if last := poll(5); !strings.HasPrefix(last, "/live/hls/") {
			t.Errorf("hears %s", last)
		}
		move(d, other.Mount)
		if last := poll(60); !strings.HasPrefix(last, "/folder/other:x/hls/") {
			t.Errorf("hears %s", last)
		}
		if d.Mount.Audience.Count() != 0 || other.Mount.Audience.Count() != 1 {
			t.Error("the listener was not moved")
		}
		move(other, d.Mount)
		if last := poll(60); !strings.HasPrefix(last, "/live/hls/") {
			t.Errorf("hears %s", last)
		}
		if v.last.DiscontinuitySeq != 2 {
			t.Errorf("discontinuity sequence %d after two moves", v.last.DiscontinuitySeq)
		}
	})
}

const withRendition = live + `
[[mount]]
name = '/live'
[[mount.rendition]]
name = '/live-64'
bitrate = 64
`

// A player that changes to another rendition stays one listener.
func TestRenditions(t *testing.T) {
	onAir(t, withRendition, func(t *testing.T, s *station, d *deck) {
		other := s.attach("/live-64", mounts.Encoded)
		other.play(30 * time.Second)
		r := s.ask("GET /live.m3u8").expect(t, 200)
		if strings.Count(r.body, "EXT-X-STREAM-INF") != 2 {
			t.Fatalf("%s", r.body)
		}
		list := s.tune("/live")
		small := strings.Replace(list, "/live/", "/live-64/", 1)
		for _, ask := range []string{list, small, small, list, small} {
			s.ask("GET "+ask).expect(t, 200)
			if n := s.Registry.Listeners(); n != 1 || s.Sessions() != 1 {
				t.Fatalf("%d listeners, %d sessions", n, s.Sessions())
			}
		}
		if d.Mount.Audience.Count() != 0 || other.Mount.Audience.Count() != 1 {
			t.Error("the listener is on the wrong mount")
		}
		s.reload(withRendition + "[[mount]]\nname = '/live-64'\nhidden = true\n")
		if r := s.ask("GET /live.m3u8").expect(t, 200); strings.Contains(r.body, "live-64") {
			t.Errorf("a hidden rendition is told: %s", r.body)
		}
	})
}

// The token of a session opens no other mount.
func TestSessionsOpenNoOtherMount(t *testing.T) {
	const secret = "listener_auth.token_secret = 'a secret of some length'\n"
	onAir(t, live+"[[mount]]\nname = '/secret'\n"+secret, func(t *testing.T, s *station, d *deck) {
		other := s.attach("/secret", mounts.LiveSource)
		other.play(30 * time.Second)
		list := s.tune("/live")
		s.ask("GET "+list).expect(t, 200)
		stolen := strings.Replace(list, "/live/", "/secret/", 1)
		for _, method := range []string{"GET ", "HEAD "} {
			if r := s.ask(method+stolen).expect(t, 401); r.header.Get("ETag") != "" {
				t.Errorf("%s%s: %+v", method, stolen, r)
			}
		}
		other.Detach()
		time.Sleep(2 * time.Second)
		for _, method := range []string{"GET ", "HEAD "} { // the mount is gone, its audio is not
			s.ask(method+stolen).expect(t, 401)
		}
		if n := s.Registry.Listeners(); n != 0 { // it asked for another programme
			t.Errorf("%d listeners", n)
		}
	})
}

// X-Playback-Session-Id tells players behind one address apart, and names a player that
// changes its address. Without it, address and agent do.
func TestWhoIsWho(t *testing.T) {
	const a, b = "192.0.2.1:1", "192.0.2.2:1"
	for name, tt := range map[string]struct {
		requests [][]string
		want     int
	}{
		"same":                   {[][]string{{a, "User-Agent: x"}, {"192.0.2.1:2", "User-Agent: x"}}, 1},
		"other agent":            {[][]string{{a, "User-Agent: x"}, {a, "User-Agent: y"}}, 2},
		"other address":          {[][]string{{a, "User-Agent: x"}, {b, "User-Agent: x"}}, 2},
		"playback":               {[][]string{{a, "X-Playback-Session-Id: 1"}, {b, "X-Playback-Session-Id: 1"}}, 1},
		"other playback":         {[][]string{{a, "X-Playback-Session-Id: 1"}, {a, "X-Playback-Session-Id: 2"}}, 2},
		"playback of other name": {[][]string{{a, "X-Playback-Session-Id: " + strings.Repeat("1", 500)}, {a, "X-Playback-Session-Id: " + strings.Repeat("1", 501)}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			onAir(t, live, func(t *testing.T, s *station, d *deck) {
				list := s.tune("/live")
				for _, r := range tt.requests {
					s.askFrom(r[0], "GET "+list, r[1:]...).expect(t, 200)
				}
				if n := s.Sessions(); n != tt.want {
					t.Errorf("%d sessions", n)
				}
			})
		})
	}
}

// Tokens that relay has not made begin sessions as its own do, because it may have been
// restarted; what is no token begins none.
func TestForgedTokens(t *testing.T) {
	onAir(t, live, func(t *testing.T, s *station, d *deck) {
		s.ask("GET /live/hls/"+strings.Repeat("A", 22)+".m3u8").expect(t, 200)
		for _, file := range []string{
			".m3u8", "x.m3u8", strings.Repeat("A", 21) + ".m3u8", strings.Repeat("A", 23) + ".m3u8", strings.Repeat("A", 21) + "B.m3u8",
			strings.Repeat("A", 20) + "==.m3u8", strings.Repeat("A", 21) + "%0A.m3u8", strings.Repeat("+", 22) + ".m3u8", strings.Repeat("A", 22), strings.Repeat("A", 10_000) + ".m3u8",
			strings.Repeat("é", 11) + ".m3u8", "..%2f..%2f.m3u8",
		} {
			if path := "/live/hls/" + file; s.Serves(path) {
				s.ask("GET "+path).expect(t, 404)
			}
		}
		if s.Sessions() != 1 {
			t.Errorf("%d sessions", s.Sessions())
		}
	})
}

// All limits of listeners hold for sessions.
func TestLimits(t *testing.T) {
	for name, tt := range map[string]struct {
		toml string
		most int
		said string
	}{
		"mount":   {live + "max_listeners = 3\n", 3, "max listeners reached"},
		"server":  {"limits.listeners = 4\n" + live, 4, "the server has reached"},
		"address": {"limits.listeners_per_ip = 5\n" + live, 5, "Too many connections"},
	} {
		t.Run(name, func(t *testing.T) {
			onAir(t, tt.toml, func(t *testing.T, s *station, d *deck) {
				for i := range 100 {
					r := s.ask("GET /live/hls/" + newToken().String() + ".m3u8")
					if i < tt.most {
						r.expect(t, 200)
					} else if r.expect(t, 403); !strings.HasPrefix(r.body, tt.said) || r.header.Get("Cache-Control") != never {
						t.Fatalf("%+v", r)
					}
				}
				if n := s.Registry.Listeners(); n != tt.most || s.Sessions() != n {
					t.Errorf("%d listeners, %d sessions", n, s.Sessions())
				}
				d.play(20 * time.Second)
				s.ask("GET /live/hls/"+newToken().String()+".m3u8").expect(t, 200)
			})
		})
	}
}

// A session ends when its time is up, and a player cannot go on with it.
func TestMaxDuration(t *testing.T) {
	onAir(t, live+"max_duration = '1m'\n", func(t *testing.T, s *station, d *deck) {
		list, began := s.tune("/live"), time.Now()
		for s.ask("GET "+list).status == 200 {
			d.play(time.Second)
		}
		if stayed := time.Since(began); stayed < time.Minute || stayed > 62*time.Second {
			t.Errorf("stayed %v", stayed)
		}
		s.ask("GET "+list).expect(t, 403)
		s.ask("GET "+s.tune("/live")).expect(t, 200)
	})
}

// Requests that come at once make one session, one line in the log and one listener.
func TestRequestsAtOnce(t *testing.T) {
	s := ready(t, live, logTo(filepath.Join(t.TempDir(), "access.log")))
	list := s.tune("/live")
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { s.ask("GET "+list).expect(t, 200) })
	}
	all.Wait()
	if s.Sessions() != 1 || s.Registry.Listeners() != 1 {
		t.Errorf("%d sessions, %d listeners", s.Sessions(), s.Registry.Listeners())
	}
	s.Registry.Close()
	s.close()
}

// logTo returns an access log in a file.
func logTo(file string) *accesslog.Logs {
	c := conf.Default().Log
	c.AccessFile = file
	return accesslog.New(c, zap.NewNop())
}

// ready returns a station that has played for half a minute, in no time. The test steps it.
func ready(t testing.TB, toml string, access *accesslog.Logs) *station {
	t.Helper()
	s := newStation(t, toml, access)
	d := s.attach("/live", mounts.LiveSource)
	s.step()
	for range 5 {
		for range 230 {
			d.send()
		}
		s.step()
	}
	return s
}

// observed is a session that has ended.
type observed struct {
	mount  string
	reason string
	mounts.Session
}

type observer struct {
	mu   sync.Mutex
	rows []observed
}

func (o *observer) TitleOnAir(string, int, mounts.Title) {}
func (o *observer) PlayBegan(mounts.Play)                {}
func (o *observer) AirtimeBegan(mounts.Airtime)          {}
func (o *observer) AirtimeEnded(mounts.Airtime)          {}
func (o *observer) SessionEnded(mount string, s mounts.Session, reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rows = append(o.rows, observed{mount, reason, s})
}

// Each session is one line in access.log and one row in the history.
func TestSessionsAreLogged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "access.log")
	access := logTo(file)
	var rows observer
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t, "limits.listeners = 2\n"+live, access)
		s.Registry.Observe(&rows)
		s.begin()
		d := s.attach("/live", mounts.LiveSource)
		d.play(30 * time.Second)
		one, two := s.tune("/live"), s.tune("/live")
		for range 20 {
			s.ask("GET "+one, "User-Agent: One/1", "Referer: https://radio.example/?x").expect(t, 200)
			s.ask("GET "+two, "User-Agent: Two/1").expect(t, 200)
			d.play(3 * time.Second)
		}
		s.ask("GET "+s.tune("/live"), "User-Agent: Three/1").expect(t, 403)
		d.play(30 * time.Second)
	})
	ended, end := context.WithCancel(context.Background())
	end()
	access.Run(ended)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n != 3 || !strings.Contains(string(text), `.m3u8 HTTP/1.1" 403 0 "-" "Three/1" 0`) ||
		!strings.Contains(string(text), `" 200 `) || !strings.Contains(string(text), `"https://radio.example/" "One/1" 7`) {
		t.Errorf("access.log:\n%s", text)
	}
	if len(rows.rows) != 2 {
		t.Fatalf("history %+v", rows.rows)
	}
	for _, row := range rows.rows {
		if row.mount != "/live" || row.reason != mounts.LeftByItself || row.Sent < 800_000 || row.Sent > 1_500_000 {
			t.Errorf("history %+v", row)
		}
	}
}

// A login and a signed address are asked for like those of any listener.
func TestLogins(t *testing.T) {
	members := filepath.Join(t.TempDir(), "members")
	if err := os.WriteFile(members, []byte("joe:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=\n"), 0o600); err != nil { // test
		t.Fatal(err)
	}
	const secret, until = "a secret of some length", "99999999999"
	mac := hmac.New(sha256.New, []byte(secret))
	io.WriteString(mac, "/live\n"+until)
	signed := "?token=" + until + "." + hex.EncodeToString(mac.Sum(nil))
	const login, wrong = "Authorization: Basic am9lOnRlc3Q=", "Authorization: Basic am9lOnRlc3Q0"
	for name, tt := range map[string]struct {
		auth, query, line string
		status            int
	}{
		"member":         {"htpasswd_file = '" + members + "'", "", login, 200},
		"wrong password": {"htpasswd_file = '" + members + "'", "", wrong, 401},
		"no login":       {"htpasswd_file = '" + members + "'", "", "X: y", 401},
		"signed":         {"token_secret = '" + secret + "'", signed + "&x=%0a%22y", "X: y", 200},
		"not signed":     {"token_secret = '" + secret + "'", "?token=1.2", "X: y", 401},
	} {
		t.Run(name, func(t *testing.T) {
			s := ready(t, live+"listener_auth."+tt.auth+"\n", nil)
			r := s.ask("GET /live.m3u8"+tt.query, tt.line).expect(t, tt.status)
			if tt.status == 200 {
				list := strings.Split(strings.TrimSpace(r.body), "\n")
				s.ask("GET "+resolve("/live.m3u8", list[len(list)-1]), tt.line).expect(t, 200)
			}
			forged := "/live/hls/" + newToken().String() + ".m3u8"
			s.ask("GET "+forged).expect(t, 401)
			s.ask("HEAD "+forged).expect(t, 401)
			s.ask("HEAD "+forged+tt.query, tt.line).expect(t, tt.status)
			s.ask("GET "+forged+tt.query, tt.line).expect(t, tt.status)
			s.Registry.Close()
			s.close()
		})
	}
}

// A hook is asked once for a session, and told once that it is over.
func TestHook(t *testing.T) {
	var added, removed atomic.Int32
	var query atomic.Value
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.PostFormValue("action") {
		case "listener_add":
			added.Add(1)
			query.Store(r.PostFormValue("mount"))
			if strings.Contains(r.PostFormValue("mount"), "key=good") {
				w.Header().Set("icecast-auth-user", "1")
			}
		case "listener_remove":
			removed.Add(1)
		}
	}))
	defer hook.Close()
	s := ready(t, live+"listener_auth.url = '"+hook.URL+"'\n", nil)
	gate, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Gate.Run(gate)
	}()
	r := s.ask("GET /live.m3u8?key=good&x=%22%0a").expect(t, 200)
	address := strings.Split(strings.TrimSpace(r.body), "\n")
	list := resolve("/live.m3u8", address[len(address)-1])
	for range 5 {
		s.ask("GET "+list).expect(t, 200)
	}
	if added.Load() != 1 || !strings.Contains(fmt.Sprint(query.Load()), "x=") {
		t.Errorf("asked %d times, with %v", added.Load(), query.Load())
	}
	bare, _, _ := strings.Cut(list, "?")
	s.askFrom("192.0.2.3:1", "GET "+bare+"?key=bad").expect(t, 401)
	s.askFrom("192.0.2.3:1", "HEAD "+bare+"?key=bad").expect(t, 401)
	d := s.Registry.Find("/live")
	d.Audience.OrderAll(mounts.Order{})
	s.step()
	s.ask("GET "+list).expect(t, 403)
	for end := time.Now().Add(10 * time.Second); removed.Load() == 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
	if removed.Load() != 1 {
		t.Errorf("told %d times", removed.Load())
	}
	s.Registry.Close()
	s.step()
	s.askFrom("192.0.2.4:1", "GET "+list).expect(t, 404) // the mount is gone
	s.close()
	stop()
	<-ended
}

// A mount that sleeps wakes for a player, and takes the codec of what it then plays.
func TestAsleep(t *testing.T) {
	run(t, live, func(t *testing.T, s *station) {
		in, err := s.Registry.Attach("/live", mounts.Feed{Kind: mounts.Relayed, OnDemand: true})
		if err != nil {
			t.Fatal(err)
		}
		list := s.tune("/live")
		if in.Mount.Audience.Wanted() {
			t.Error("the multivariant playlist wakes a mount")
		}
		got := make(chan reply, 1)
		began := time.Now()
		go func() { got <- s.ask("GET " + list) }()
		<-in.Mount.Audience.NewListeners()
		u, _ := aac.Codec.Silence(codec.Format{Codec: aac.Codec, SampleRate: 44100, Channels: 2}, 64_000)
		for range 500 {
			if in.Write(u); len(got) > 0 {
				break
			}
			time.Sleep(u.Length)
		}
		(<-got).expect(t, 200)
		if waited := time.Since(began); waited < target || waited > target+time.Second {
			t.Errorf("waited %v", waited)
		}
		if c := in.Mount.ContentType(); c != "audio/aac" {
			t.Errorf("listeners are told %s", c)
		}
		in.Detach()
	})
}

// A client that waits for a mount is answered in time, and when the mount ends.
func TestWaitingInVain(t *testing.T) {
	run(t, live, func(t *testing.T, s *station) {
		in, err := s.Registry.Attach("/live", mounts.Feed{Kind: mounts.Relayed, OnDemand: true})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		s.ask("GET "+s.tune("/live")).expect(t, 404)
		if time.Since(began) != wakingTime {
			t.Errorf("waited %v", time.Since(began))
		}
		in.Detach()
	})
}

// A mount in a codec that cannot be packed says so, and begins no session.
func TestOtherCodecs(t *testing.T) {
	onAir(t, live+"format.codec = 'opus'\n", func(t *testing.T, s *station, d *deck) {
		for _, path := range []string{"/live.m3u8", "/live/hls/" + newToken().String() + ".m3u8"} {
			if r := s.ask("GET "+path).expect(t, 404); !strings.Contains(r.body, "rendition in MP3 or AAC") {
				t.Errorf("%s: %s", path, r.body)
			}
		}
		if s.Sessions() != 0 {
			t.Error("a session without audio")
		}
	})
}

// A session takes at most a KiB, and an address no more sessions than it may have.
func TestMemoryOfSessions(t *testing.T) {
	const many = 100_000
	for name, tt := range map[string]struct {
		toml string
		want int
	}{
		"from one address": {live, 500},
		"from everywhere":  {"limits.listeners = 200000\nlimits.listeners_per_ip = 0\n" + live, many},
	} {
		t.Run(name, func(t *testing.T) {
			s := ready(t, tt.toml, nil)
			m := s.Registry.Find("/live")
			before := heap()
			for i := range many {
				addr := "192.0.2.1:1"
				if tt.want == many {
					addr = fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255)
				}
				req, _ := icy.ParseHead([]byte("GET /live/hls/x HTTP/1.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nX-Playback-Session-Id: " +
					fmt.Sprintf("%08X-0000-0000-0000-000000000000", i) + "\r\nReferer: https://radio.example/\r\n\r\n"))
				req.RemoteAddr = addr
				s.attend(nil, req, m, newToken())
			}
			took := heap() - before
			if n := s.Sessions(); n != tt.want {
				t.Fatalf("%d sessions", n)
			}
			t.Logf("%d bytes a session", took/int64(tt.want))
			if most := int64(tt.want)*1024 + 1<<19; took > most {
				t.Errorf("%d sessions take %d bytes", tt.want, took)
			}
			began := time.Now()
			s.sweep()
			t.Logf("swept in %v", time.Since(began))
			s.Registry.Close()
			s.step()
			if s.Sessions() != 0 || s.Registry.Listeners() != 0 {
				t.Error("sessions outlive their mount")
			}
		})
	}
}
