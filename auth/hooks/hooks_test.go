package hooks

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
)

// newHooks returns hooks of a server called radio.example, and their log.
func newHooks(t testing.TB) (h *Hooks, log *observer.ObservedLogs) {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte("server.hostname = 'radio.example'"))
	if err != nil {
		t.Fatal(err)
	}
	core, log := observer.New(zap.DebugLevel)
	h = New(conf.NewLive(c), zap.New(core))
	t.Cleanup(h.client.CloseIdleConnections)
	return h, log
}

// run sends the notices of h until the test or the returned function ends it.
func run(t testing.TB, h *Hooks) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { h.Run(ctx) })
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

// listen asks a hook about a listener of the recorded player.
func listen(ctx context.Context, h *Hooks, address, user, password string) Verdict {
	l := Listener{ID: 1, Mount: "/url.mp3", IP: netip.MustParseAddr("127.0.0.1"), User: user, Password: password, Agent: "LabPlayer/1.0"}
	return h.MayListen(ctx, address, l, http.Header{})
}

// send asks a hook about a source.
func send(ctx context.Context, h *Hooks, address, user, password string) Verdict {
	s := Stream{Mount: "/url.mp3", IP: netip.MustParseAddr("127.0.0.1"), User: user, Password: password}
	return h.MayStream(ctx, address, fmt.Sprintf("user %q", user), s)
}

// checkVerdict checks that a client is let in. With refused, it checks that the client is
// not, and that the reason contains this.
func checkVerdict(t testing.TB, v Verdict, refused string) {
	t.Helper()
	if refused == "" && v.Answer != Yes || refused != "" && (v.Answer == Yes || !strings.Contains(v.Reason, refused)) {
		t.Errorf("got %+v, want %s", v, refused)
	}
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
			h, _ := newHooks(t)
			h.Timeout = 300 * time.Millisecond
			checkVerdict(t, listen(t.Context(), h, server.URL, "ann", "x"), tt.refused)
			checkVerdict(t, send(t.Context(), h, server.URL, "ann", "x"), tt.refused)
			h.client.CloseIdleConnections()
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		h, _ := newHooks(t)
		v := listen(t.Context(), h, "http://key:secret@127.0.0.1:1/secret?secret", "", "")
		checkVerdict(t, v, "the hook at 127.0.0.1:1 cannot be asked about a listener without a login: ")
		if strings.Contains(v.Reason, "secret") {
			t.Errorf("the log learns of a secret: %+v", v)
		}
	})
}

// A slow hook has a bounded number of questions under way. The others wait, but not for
// ever.
func TestQuestionsAtOnce(t *testing.T) {
	var now atomic.Int32
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		now.Add(1)
		<-release
		w.Header().Set("icecast-auth-user", "1")
	}))
	defer server.Close()
	h, _ := newHooks(t)
	var asking sync.WaitGroup
	for range maxQuestions + 10 {
		asking.Go(func() { checkVerdict(t, listen(t.Context(), h, server.URL, "ann", "x"), "") })
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
		h.questions(server.URL) <- struct{}{}
	}
	h.Timeout = 20 * time.Millisecond
	checkVerdict(t, listen(t.Context(), h, server.URL, "ann", "x"), `is slow: 32 questions were under way for 20ms before that about user "ann"`)
}

// A hook that hangs delays neither questions to other servers nor notices to them.
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
	h, _ := newHooks(t)
	h.Timeout = time.Hour
	ctx, hangUp := context.WithCancel(t.Context())
	hanging.Add(maxQuestions + noticeWorkers)
	var asking sync.WaitGroup
	for range 2 * maxQuestions {
		asking.Go(func() {
			if v := listen(ctx, h, stuck.URL, "ann", "x"); v.Answer != None {
				t.Errorf("a hook that hangs answers: %+v", v)
			}
		})
	}
	for range maxNotices {
		h.tell(notice{address: stuck.URL, action: "listener_remove", mount: "/stuck"})
	}
	stop := run(t, h)
	hanging.Wait()
	checkVerdict(t, listen(t.Context(), h, healthy.URL, "ann", "x"), "")
	h.SourceCame(healthy.URL, "/healthy")
	<-told
	hangUp()
	asking.Wait()
	h.notices.abandon()
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
	h, _ := newHooks(t)
	checkVerdict(t, listen(ctx, h, server.URL, "ann", "x"), "the client left meanwhile")
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
		server, port := New(conf.NewLive(c), zap.NewNop()).itself()
		if got := server.value + ":" + port.value; got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
