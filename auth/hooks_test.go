package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"relay/conf"
)

// hookGate returns a gate whose mount /url.mp3 has every hook at address.
func hookGate(t testing.TB, address string) *Gate {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte(strings.ReplaceAll(`
[server]
hostname = "radio.example"
[auth]
source_password = "hackme"
admin_password = "adminpass"
[[mount]]
name = "/url.mp3"
[mount.listener_auth]
url = "ADDRESS"
on_source = "ADDRESS"
stream_auth = "ADDRESS"
`, "ADDRESS", address)))
	if err != nil {
		t.Fatal(err)
	}
	g := unhurried(NewGate(conf.NewLive(c)))
	t.Cleanup(g.hooks.client.CloseIdleConnections)
	return g
}

// run lets g send its notices until the test or the returned function ends it.
func run(t testing.TB, g *Gate) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { g.Run(ctx) })
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

// get is a request of the recorded player.
func get(target, user, password string) *http.Request {
	req := httptest.NewRequest(http.MethodGet, target, nil)
	req.RemoteAddr = "127.0.0.1:50000"
	req.Header.Set("User-Agent", "LabPlayer/1.0")
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	return req
}

func TestAnswers(t *testing.T) {
	header := func(status int, pairs ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < len(pairs); i += 2 {
				w.Header().Add(pairs[i], pairs[i+1])
			}
			w.WriteHeader(status)
		}
	}
	raw := func(text string, linger int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(conn, text)
			conn.(*net.TCPConn).SetLinger(linger)
			conn.Close()
		}
	}
	large := func(w http.ResponseWriter, _ *http.Request) {
		for range 10 << 20 / 4096 {
			if _, err := w.Write(make([]byte, 4096)); err != nil {
				return
			}
		}
	}
	const user = "icecast-auth-user"
	tests := []struct {
		name    string
		answer  http.HandlerFunc
		refused string // "": let in
	}{
		{"yes", header(200, user, "1"), ""},
		{"yes, in blanks", header(200, user, " 1 "), ""},
		{"yes, whatever the status", header(503, user, "1"), ""},
		{"yes, and a large body", func(w http.ResponseWriter, r *http.Request) { header(200, user, "1")(w, r); large(w, r) }, ""},
		{"0", header(200, user, "0"), `"200 OK", has no "icecast-auth-user: 1"`},
		{"0 with a message", header(200, user, "0", "icecast-auth-message", "bann\xffed"), `refuses user "ann": banned`},
		{"10", header(200, user, "10"), "has no"},
		{"yes and no", header(200, user, "1", user, "0"), "has no"},
		{"empty", header(200, user, ""), "has no"},
		{"no header", header(200), "has no"},
		{"server error", header(500), `"500 Internal Server Error", has no`},
		{"large body", large, "has no"},
		{"hang", func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body); <-r.Context().Done() }, "no answer within 300ms"},
		{"closed", raw("", -1), "EOF"},
		{"reset", raw("", 0), "connection reset"},
		{"garbage", raw("icecast-auth-user: 1\r\n\r\n", -1), "malformed HTTP"},
		{"endless head", raw("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", maxAnswer+8192), -1), "cannot be asked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(tt.answer)
			defer server.Close()
			g := hookGate(t, server.URL)
			g.hooks.timeout = 300 * time.Millisecond
			_, err := g.Listener(t.Context(), get("/url.mp3", "ann", "x"), "/url.mp3", 1)
			checkRefused(t, err, tt.refused)
			err = g.Source(get("/url.mp3", "ann", "x"), "/url.mp3")
			checkRefused(t, err, tt.refused)
			g.hooks.client.CloseIdleConnections()
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		_, err := hookGate(t, "http://key:secret@127.0.0.1:1/secret?secret").Listener(t.Context(), get("/url.mp3", "", ""), "/url.mp3", 1)
		checkRefused(t, err, "the hook at 127.0.0.1:1 cannot be asked about a listener without a login: ")
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the log learns of a secret: %v", err)
		}
	})
}

func checkRefused(t *testing.T, err error, want string) {
	t.Helper()
	var refusal *Refusal
	switch {
	case want == "" && err != nil:
		t.Errorf("refused: %v", err)
	case want != "" && (!errors.As(err, &refusal) || !strings.Contains(refusal.Reason, want)):
		t.Errorf("got %v, want %s", err, want)
	}
}

// A slow hook holds up so many questions and no more; the others wait, but not
// for ever.
func TestQuestionsAtOnce(t *testing.T) {
	var now atomic.Int32
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		now.Add(1)
		<-release
		w.Header().Set("icecast-auth-user", "1")
	}))
	defer server.Close()
	g := hookGate(t, server.URL)
	var asking sync.WaitGroup
	for range maxQuestions + 10 {
		asking.Go(func() {
			_, err := g.Listener(t.Context(), get("/url.mp3", "ann", "x"), "/url.mp3", 1)
			checkRefused(t, err, "")
		})
	}
	for now.Load() < maxQuestions {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
	if now.Load() > maxQuestions {
		t.Errorf("%d questions at once", now.Load())
	}
	close(release)
	asking.Wait()

	for range maxQuestions {
		g.hooks.questions(server.URL) <- struct{}{}
	}
	g.hooks.timeout = 20 * time.Millisecond
	_, err := g.Listener(t.Context(), get("/url.mp3", "ann", "x"), "/url.mp3", 1)
	checkRefused(t, err, `is slow: 32 questions were under way for 20ms before that about user "ann"`)
}

// A hook that hangs is in the way of its own mounts, and of no other's: neither
// of questions nor of what hooks are told.
func TestAHangingHookIsAlone(t *testing.T) {
	var hanging sync.WaitGroup
	stuck := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		hanging.Done()
		<-r.Context().Done()
	}))
	defer stuck.Close()
	told := make(chan struct{}, 1)
	healthy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("icecast-auth-user", "1")
		if r.FormValue("action") == "mount_add" {
			told <- struct{}{}
		}
	}))
	defer healthy.Close()
	c, err := conf.Parse("relay.toml", fmt.Appendf(nil, `
[[mount]]
name = "/stuck"
listener_auth = { url = %[1]q, on_source = %[1]q }
[[mount]]
name = "/healthy"
listener_auth = { url = %[2]q, on_source = %[2]q }
`, stuck.URL, healthy.URL))
	if err != nil {
		t.Fatal(err)
	}
	g := unhurried(NewGate(conf.NewLive(c)))
	t.Cleanup(g.hooks.client.CloseIdleConnections)
	g.hooks.timeout = time.Hour
	ctx, hangUp := context.WithCancel(t.Context())
	hanging.Add(maxQuestions + noticeWorkers)
	var asking sync.WaitGroup
	for range 2 * maxQuestions {
		asking.Go(func() {
			if _, err := g.Listener(ctx, get("/stuck", "ann", "x"), "/stuck", 1); err == nil {
				t.Error("let in by a hook that hangs")
			}
		})
	}
	for range maxNotices {
		g.hooks.tell(notice{address: stuck.URL, action: "listener_remove", mount: "/stuck"})
	}
	stop := run(t, g)
	hanging.Wait()
	if _, err := g.Listener(t.Context(), get("/healthy", "ann", "x"), "/healthy", 1); err != nil {
		t.Errorf("the healthy hook: %v", err)
	}
	g.SourceCame("/healthy")
	<-told
	hangUp()
	asking.Wait()
	g.hooks.notices.abandon()
	stuck.CloseClientConnections()
	stop()
}

func TestListenerHasLeftMeanwhile(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	_, err := hookGate(t, server.URL).Listener(ctx, get("/url.mp3", "ann", "x"), "/url.mp3", 1)
	checkRefused(t, err, "the client left meanwhile")
}

func TestTimeLimit(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "-1": 0, "1.5": 0, "x": 0, "99999999999999999999": 0,
		"1": time.Second, " 900 ": 15 * time.Minute, "2147483647": 2147483647 * time.Second,
	} {
		if got := timeLimit(http.Header{"Icecast-Auth-Timelimit": {text}}); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestHookServerName(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "localhost:8000",
		"listen = ['127.0.0.1:81']":         "localhost:81",
		"public_url = 'https://r.example'":  "r.example:443",
		"public_url = 'http://r.example/x'": "r.example:80",
	} {
		c, err := conf.Parse("relay.toml", []byte("[server]\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		server, port := newHooks(conf.NewLive(c)).itself()
		if got := server.value + ":" + port.value; got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
