package ingest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/ingest/feed"
	"relay/ingest/feed/feedtest"
	"relay/mounts"
)

func TestRefusalsAreRemembered(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte(`
		limits.sources = 1
		auth.source_password = 'hackme'
		[[mount]]
		name = '/live'
		[[mount]]
		name = '/other'`))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	registry := mounts.NewRegistry(live, nil, zap.NewNop())
	held, err := registry.Attach("/live", mounts.Feed{Kind: mounts.LiveSource, Addr: netip.MustParseAddr("192.0.2.7")})
	if err != nil {
		t.Fatal(err)
	}
	go func() { // a source that is connected
		for {
			select {
			case <-held.Ended():
				return
			case <-time.After(10 * time.Millisecond):
				held.Heard(mounts.Portion{})
			}
		}
	}()
	defer registry.Close()
	const put = "PUT %s HTTP/1.0\r\nUser-Agent: butt\r\n%s\r\n"
	login := func(user, password string) string {
		req := http.Request{Header: http.Header{}}
		req.SetBasicAuth(user, password)
		return "Authorization: " + req.Header.Get("Authorization") + "\r\n"
	}
	mp3 := "Content-Type: audio/mpeg\r\n"
	for _, c := range []struct{ name, sent, mount, reason string }{
		{"wrong password", fmt.Sprintf(put, "/live", mp3+login("source", "x")), "/live", `wrong password for user "source"`},
		{"wrong user", fmt.Sprintf(put, "/live", mp3+login("me", "hackme")), "/live", `the user name must be "source"`},
		{"no login, a probe", fmt.Sprintf(put, "/live", mp3), "", ""},
		{"mount in use", fmt.Sprintf(put, "/live", mp3+login("source", "hackme")), "/live", "/live is in use by 192.0.2.7"},
		{"not audio", fmt.Sprintf(put, "/live", "Content-Type: video/mp4\r\n"+login("source", "hackme")), "/live", "video/mp4"},
		{"too many sources", fmt.Sprintf(put, "/other", mp3+login("source", "hackme")), "/other", "too many sources"},
		{"SHOUTcast, wrong password", "x", "/live", "wrong password"},
		{"SHOUTcast, wrong password for a mount it names", "/other:x", "/other", "wrong password"},
		{"SHOUTcast, wrong user", "me:hackme", "/live", `the user name must be "source"`},
		{"SHOUTcast, a probe", "!POKE", "", ""},
		{"SHOUTcast, mount in use", "hackme\r\nicy-name:A\r\n\r\n", "/live", "in use"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &Sources{Registry: registry, Gate: auth.NewGate(live, zap.NewNop()), Log: zap.NewNop(), Conf: live, Refusals: NewRefusals()}
			client, conn := net.Pipe()
			defer client.Close()
			go io.Copy(io.Discard, client)
			agent := shoutcastAgent
			if strings.HasPrefix(c.sent, "PUT") {
				agent = "butt"
				req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(c.sent)))
				if err != nil {
					t.Fatal(err)
				}
				req.RemoteAddr = "192.0.2.1:4000"
				s.Serve(conn, conn, req)
			} else {
				line, head, _ := strings.Cut(c.sent, "\r\n")
				s.ServeShoutcast(t.Context(), addressedConn{conn}, io.MultiReader(strings.NewReader(head), conn), line, "/live", time.Now().Add(time.Minute))
			}
			if c.mount == "" {
				if len(s.Refusals.last) > 0 {
					t.Errorf("remembered: %+v", s.Refusals.last)
				}
				return
			}
			got, ok := s.Refusals.Last(c.mount)
			if !ok || len(s.Refusals.last) != 1 || got.Addr.String() != "192.0.2.1" || got.Agent != agent || !strings.Contains(got.Reason, c.reason) || got.When.IsZero() {
				t.Errorf("remembered: %+v", s.Refusals.last)
			}
			if strings.Contains(got.Reason, "hackme") {
				t.Errorf("the password is in %q", got.Reason)
			}
		})
	}
}

// addressedConn has a peer address from the example networks of RFC 5737.
type addressedConn struct{ net.Conn }

func (addressedConn) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4000}
}

// A stream that claims to be MP3 and is not, or stops being MP3, is noticed when it
// plays.
func TestAnUnplayableStreamIsARefusal(t *testing.T) {
	const junk = 256 << 10 // repeats; more than a source may send without a frame
	for reason, sent := range map[string]string{
		feed.ErrNoAudio.Error():      strings.Repeat("OggS", junk),
		feed.ErrNoAudioAgain.Error(): string(feedtest.Music(10*time.Second)) + strings.Repeat("OggS", junk),
		"it sends MPEG Layer II, and this server takes MP3, AAC (ADTS) and Ogg with Opus, Vorbis or FLAC": strings.Repeat("\xff\xfd\x80\x04"+strings.Repeat("Z", 413), 700),
	} {
		t.Run(reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live := conf.NewLive(conf.Default())
				registry := mounts.NewRegistry(live, nil, zap.NewNop())
				defer registry.Close()
				s := &Sources{Registry: registry, Gate: auth.NewGate(live, zap.NewNop()), Log: zap.NewNop(), Conf: live, Refusals: NewRefusals()}
				in, err := s.attach("/live", http.Header{"User-Agent": {"butt"}}, netip.MustParseAddr("192.0.2.1"), "source")
				if err != nil {
					t.Fatal(err)
				}
				_, conn := net.Pipe()
				defer conn.Close()
				s.play(conn, feedtest.InTime{Reader: strings.NewReader(sent)}, http.Header{}, in, zap.NewNop())
				if got, ok := s.Refusals.Last("/live"); !ok || got.Addr.String() != "192.0.2.1" || got.Agent != "butt" || got.Reason != reason {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

func TestTheOldestRefusalIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRefusals()
		why := errors.New("because")
		name := func(n int) string { return fmt.Sprintf("/%d", n) }
		for n := range maxRefusals {
			r.note(attempt{mount: name(n)}, why)
			time.Sleep(time.Second)
		}
		r.note(attempt{mount: name(0)}, why) // a second time: now it is the newest
		time.Sleep(time.Second)
		r.note(attempt{mount: "/another", agent: strings.Repeat("a", 10_000)}, why)
		r.note(attempt{mount: "no name of a mount"}, why)
		if len(r.last) != maxRefusals {
			t.Errorf("%d are remembered", len(r.last))
		}
		for mount, want := range map[string]bool{name(0): true, name(1): false, name(2): true, "/another": true} {
			if got, ok := r.Last(mount); ok != want || len(got.Agent) > maxWords {
				t.Errorf("%s: %v", mount, ok)
			}
		}
	})
}

func TestRefusedAsJSON(t *testing.T) {
	text, err := json.Marshal(Refused{time.Unix(0, 0).UTC(), netip.MustParseAddr("192.0.2.1"), "butt", "because"})
	if want := `{"when":"1970-01-01T00:00:00Z","addr":"192.0.2.1","agent":"butt","reason":"because"}`; err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}

// A body in any wrapping other than chunks is refused, and never played.
func TestWrappedBodiesAreRefused(t *testing.T) {
	live := conf.NewLive(conf.Default())
	registry := mounts.NewRegistry(live, nil, zap.NewNop())
	defer registry.Close()
	s := &Sources{Registry: registry, Gate: auth.NewGate(live, zap.NewNop()), Log: zap.NewNop(), Conf: live}
	for coding, status := range map[string]int{"": 0, "identity": 0, "chunked": 0, "gzip": http.StatusNotImplemented, "gzip, chunked": http.StatusNotImplemented} {
		in, err := s.attach("/live", http.Header{"Transfer-Encoding": {coding}}, netip.MustParseAddr("192.0.2.1"), "source")
		refused := &refusal{}
		if errors.As(err, &refused); refused.status != status || (err == nil) != (status == 0) {
			t.Errorf("%q: %v", coding, err)
		}
		if err == nil {
			in.Detach()
		}
	}
}
