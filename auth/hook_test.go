package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/auth/hooks/hooktest"
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
	g := unhurried(NewGate(conf.NewLive(c), zap.NewNop()))
	t.Cleanup(func() { g.hooks.Run(t.Context()) }) // the context has ended: this closes the connections
	return g
}

// run runs g until the test or the returned function ends it.
func run(t testing.TB, g *Gate) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { g.Run(ctx) })
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

// get returns a request of the recorded player.
func get(target, user, password string) *http.Request {
	req := httptest.NewRequest(http.MethodGet, target, nil)
	req.RemoteAddr = "127.0.0.1:50000"
	req.Header.Set("User-Agent", "LabPlayer/1.0")
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	return req
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

// hookDoors are all ways to a hook. Each call has another password.
var hookDoors = map[string]func(ctx context.Context, g *Gate) error{
	"listener": func(ctx context.Context, g *Gate) error {
		_, err := g.Listener(ctx, get("/url.mp3", "ann", rand.Text()), "/url.mp3", 1)
		return err
	},
	"source": func(ctx context.Context, g *Gate) error {
		return g.Source(get("/url.mp3", "ann", rand.Text()).WithContext(ctx), "/url.mp3")
	},
	"title": func(ctx context.Context, g *Gate) error {
		return g.MountAdmin(get("/url.mp3", "ann", rand.Text()), "/url.mp3")
	},
	"SHOUTcast source": func(ctx context.Context, g *Gate) error {
		_, _, err := g.PasswordLine(ctx, netip.MustParseAddr("127.0.0.1"), "ann:"+rand.Text(), "/url.mp3")
		return err
	},
}

// If a hook gives no answer, the client is told to come again, and its login is no guess.
func TestAHookWithoutAnswerRefusesNobodyForGood(t *testing.T) {
	var cases sync.WaitGroup // all at once, more than t.Parallel allows: most of the time they wait for a pause to end
	for illness, misbehave := range hooktest.Unanswering {
		for door, knock := range hookDoors {
			cases.Go(func() {
				t.Run(illness+" to a "+door, func(t *testing.T) { checkNobodyRefusedForGood(t, misbehave, knock) })
			})
		}
	}
	cases.Wait()
}

// checkNobodyRefusedForGood asks a hook that misbehaves about clients, then one that is
// well.
func checkNobodyRefusedForGood(t *testing.T, misbehave http.HandlerFunc, knock func(ctx context.Context, g *Gate) error) {
	var well atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if well.Load() {
			w.Header().Set("icecast-auth-user", "1")
			return
		}
		misbehave(w, r)
	}))
	defer server.Close()
	g := hookGate(t, server.URL)
	clocked(g.throttle) // if they were guesses, clients would soon be told to wait
	g.hooks.Timeout = 200 * time.Millisecond
	const clients = 100
	for range clients {
		checkUnavailable(t, knock(t.Context(), g))
	}
	well.Store(true)
	for deadline := time.Now().Add(20 * time.Second); knock(t.Context(), g) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("the hook is well, and nobody is let in")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if yes, no, redirect, none := g.HookAnswers(); yes != 1 || no != 0 || redirect != 0 || none < clients {
		t.Errorf("counted %d yes, %d no, %d none", yes, no, none)
	}
}

func checkUnavailable(t testing.TB, err error) {
	t.Helper()
	var refusal *Refusal
	if !errors.As(err, &refusal) || !refusal.Unavailable || !refusal.Quiet() ||
		refusal.Status() != http.StatusServiceUnavailable || refusal.Header().Get("Retry-After") != "5" {
		t.Fatalf("%+v", err)
	}
}

// If a hook says no, the client is refused for good.
func TestAHookRefuses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }))
	defer server.Close()
	g := hookGate(t, server.URL)
	for door, knock := range hookDoors {
		var refusal *Refusal
		if err := knock(t.Context(), g); !errors.As(err, &refusal) || refusal.Unavailable || !refusal.wrong || refusal.Status() != http.StatusUnauthorized {
			t.Errorf("%s: %+v", door, err)
		}
	}
}

// A hook may send a listener to another address, but not back to the one that it asked
// for. It may not send a source anywhere.
func TestAHookSendsListenersOn(t *testing.T) {
	var location string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusFound)
	}))
	defer server.Close()
	for _, tt := range []struct{ to, refused string }{
		{"http://other.example:8000/live?a=b&c=%20", ""},
		{"http://example.com/url.mp3?again=1", ""},
		{"http://example.com/url.mp3", "it came to"},
		{"http://radio.example:8000/url.mp3", "it came to"}, // its public name
	} {
		location = tt.to
		g := hookGate(t, server.URL)
		_, err := g.Listener(t.Context(), get("http://example.com/url.mp3", "ann", "x"), "/url.mp3", 1)
		var refusal *Refusal
		switch {
		case !errors.As(err, &refusal) || refusal.wrong:
			t.Errorf("%s: %+v", tt.to, err)
		case tt.refused == "" && refusal.Redirect != tt.to:
			t.Errorf("%s: sent to %q", tt.to, refusal.Redirect)
		case tt.refused != "":
			checkRefused(t, err, tt.refused)
			if refusal.Redirect != "" {
				t.Errorf("%s: sent to %q", tt.to, refusal.Redirect)
			}
		}
		if err := g.Source(get("http://example.com/url.mp3", "ann", "x"), "/url.mp3"); !errors.As(err, &refusal) || refusal.Redirect != "" {
			t.Errorf("a source: %+v", err)
		}
	}
}

// The gate asks about the clients of the recorded story, and tells of them, as Icecast
// did, and the same answers have the same consequences: e2e/recorded/auth-url.txt.
func TestTheGateAsksAndTellsAsRecorded(t *testing.T) {
	recorded, err := os.ReadFile("hooks/testdata/forms.txt")
	if err != nil {
		t.Fatal(err)
	}
	forms := strings.Split(strings.TrimSpace(string(recorded)), "\n")
	got := make(chan string, len(forms))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch form := string(body); {
		case strings.Contains(form, "user=bad"):
			w.Header().Set("icecast-auth-message", "no such member")
		case strings.Contains(form, "user=timed"):
			w.Header().Set("icecast-auth-timelimit", "3")
			fallthrough
		default:
			w.Header().Set("icecast-auth-user", "1")
		}
		got <- string(body)
	}))
	defer server.Close()
	g := hookGate(t, server.URL)
	run(t, g)
	next := func() {
		t.Helper()
		if form := <-got; form != forms[0] {
			t.Errorf("got\n%s\nwant\n%s", form, forms[0])
		}
		forms = forms[1:]
	}

	source := get("/url.mp3", "source", "djpass")
	if err := g.Source(source, "/url.mp3"); err != nil {
		t.Error(err)
	}
	next()
	g.SourceCame("/url.mp3")
	next()
	ann := get("/url.mp3?user=ann&pass=x&token=abc", "ann", "annpass")
	ann.Header.Set("X-Token", "t-1")
	ann.Header.Set("Referer", "http://player.example/p")
	ann.Header.Set("Cookie", "secret=1")
	visit, err := g.Listener(t.Context(), ListenerRequest(ann), "/url.mp3", 2)
	if err != nil || visit.User != "ann" || visit.TimeLimit != 0 {
		t.Fatalf("got %+v, %v", visit, err)
	}
	next()
	visit.Left(1700 * time.Millisecond)
	visit.Left(time.Hour) // counts once
	next()
	_, err = g.Listener(t.Context(), get("/url.mp3", "bad", "x"), "/url.mp3", 3)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Message != "no such member" || refusal.Missing ||
		!strings.HasSuffix(refusal.Reason, ` refuses user "bad": no such member`) {
		t.Errorf("got %+v", err)
	}
	next()
	visit, err = g.Listener(t.Context(), get("/url.mp3", "timed", "x"), "/url.mp3", 4)
	if err != nil || visit.TimeLimit != 3*time.Second {
		t.Fatalf("got %+v, %v", visit, err)
	}
	next()
	visit.Left(3 * time.Second)
	next()
	closed, cancel := context.WithCancel(source.Context())
	cancel() // as titles are sent: without waiting for the answer
	if err := g.MountAdmin(source.WithContext(closed), "/url.mp3"); err != nil {
		t.Error(err)
	}
	next()
	g.SourceLeft("/url.mp3")
	next()
}
