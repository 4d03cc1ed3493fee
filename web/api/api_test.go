package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"

	"relay/auth"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/conf/live"
	"relay/history"
	"relay/icy"
	"relay/ingest"
	"relay/internal/clock"
	"relay/internal/logtail"
	"relay/mounts"
	"relay/recordings"
)

// past is the history of all stations: to make one takes time.
var past = history.New(conf.History{}, nil, clock.New(zap.NewNop()), zap.NewNop())

func TestMain(m *testing.M) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { past.Run(ctx) })
	code := m.Run()
	cancel()
	running.Wait()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// house is the configuration of most tests.
const house = `
[auth]
source_password = "hackme"
admin_password = "operator"
api_tokens = ["token-of-a-program"]
[[mount]]
name = "/live"
title = "The station"
record_dir = "recordings"
[[mount]]
name = "/own"
source_user = "dj"
source_password = "own"
[[mount]]
name = "/hidden"
hidden = true
`

// station is the API without the rest of the server.
type station struct {
	*Handlers
	router http.Handler
	music  *jukebox
	file   string // path of the configuration
}

func newStation(t testing.TB, toml string) *station {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "relay.toml")
	write(t, file, toml)
	if err := os.Mkdir(filepath.Join(dir, "recordings"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "recordings", recorded), "an hour of audio")
	config, err := live.Open(file, func(name string, text []byte) (*conf.Config, []byte, error) {
		c, err := conf.Parse(name, text)
		return c, text, err
	})
	if err != nil {
		t.Fatal(err)
	}
	live := config.Live
	registry := mounts.NewRegistry(live, nil, zap.NewNop())
	t.Cleanup(registry.Close)
	gate := auth.NewGate(live, zap.NewNop())
	tail := logtail.New(zap.DebugLevel, 10)
	music := &jukebox{}
	h := &Handlers{
		Conf: live, Registry: registry, Gate: gate, Sessions: auth.NewSessions(gate),
		Events: NewEvents(registry, live, tail, nil), Traffic: traffic{}, Clock: clock.New(zap.NewNop()), Tail: tail, Refusals: ingest.NewRefusals(), History: past, Log: zap.New(tail.Core()), Started: time.Now(), Music: music,
		Settings: config, Recordings: recordings.NewRecorder(registry, live, clock.New(zap.NewNop()), zap.NewNop()),
		Fallbacks: fallbacksOf{registry},
	}
	return &station{Handlers: h, router: h.Router(), music: music, file: file}
}

// traffic is that of a server which has three connections open.
type traffic struct{}

func (traffic) Open() int64                       { return 3 }
func (traffic) Accepted() int64                   { return 17 }
func (traffic) HangUp(*http.Request)              {}
func (traffic) KeepOpen(*http.Request, ...string) {}

// fallbacksOf sets the fallbacks of the mounts in a registry.
type fallbacksOf struct{ *mounts.Registry }

func (f fallbacksOf) Set(mount string, list []string) error {
	m := f.Find(mount)
	if m == nil {
		return errNoJukebox
	}
	m.SetFallbacks(list)
	return nil
}

// recorded is a file of a recording of /live.
const recorded = "live-2026-01-02T03-04-05Z.mp3"

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// jukebox is the music of /live alone.
type jukebox struct {
	queued  []string
	skipped int
}

type sentence string

func (s sentence) Error() string { return string(s) }

const errNoJukebox sentence = "it has no music of its own"

func (j *jukebox) Skip(mount string) error {
	if mount != "/live" {
		return errNoJukebox
	}
	j.skipped++
	return nil
}

func (j *jukebox) Queue(mount, file string) error {
	if mount != "/live" {
		return errNoJukebox
	}
	j.queued = append(j.queued, file)
	return nil
}

func (j *jukebox) Coming(mount string) ([]mounts.Coming, error) {
	if mount != "/live" {
		return nil, errNoJukebox
	}
	var coming []mounts.Coming
	for _, file := range j.queued {
		coming = append(coming, mounts.Coming{Title: mounts.Title{Text: "Title of " + file}, File: file, Queued: true})
	}
	return coming, nil
}

func (j *jukebox) Unplayable(mount string) ([]mounts.Unplayable, error) {
	if mount != "/live" {
		return nil, errNoJukebox
	}
	return []mounts.Unplayable{{File: "2 .wma, such as a.wma", Reason: "ffmpeg is not installed"}}, nil
}

func (j *jukebox) ClearQueue(mount string) error {
	if mount != "/live" {
		return errNoJukebox
	}
	j.queued = nil
	return nil
}

// broadcast attaches a live source and puts it on the air.
func (s *station) broadcast(t testing.TB, mount, user, title string) *mounts.Input {
	t.Helper()
	in, err := s.Registry.Attach(mount, mounts.Feed{
		Kind: mounts.LiveSource, Addr: netip.MustParseAddr("192.0.2.7"), User: user, Station: icy.Station{Name: "Source of " + mount, Agent: "butt/1.0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	in.SetTitle(mounts.Title{Text: title})
	in.Write(mp3.Frame{Header: stereo128, Data: frametest.Numbered(stereo128, 1)}.Unit())
	return in
}

var stereo128 = frametest.Header(128000, 44100, 2)

// listen adds a listener to a mount.
func (s *station) listen(t testing.TB, mount, addr, agent string) *mounts.Listener {
	t.Helper()
	l := &mounts.Listener{Addr: netip.MustParseAddr(addr), Since: time.Now()}
	l.SetAgent(agent)
	if err := s.Registry.Find(mount).Audience.Join(l); err != nil {
		t.Fatal(err)
	}
	return l
}

// A sender changes a request before it is sent.
type sender func(*http.Request)

func operator(r *http.Request) { r.SetBasicAuth("admin", "operator") }

func login(user, password string) sender {
	return func(r *http.Request) { r.SetBasicAuth(user, password) }
}

func header(name, value string) sender {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// ask sends a request; path continues /api/v1.
func (s *station) ask(t testing.TB, method, path, body string, with ...sender) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, prefix+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, change := range with {
		change(r)
	}
	w := httptest.NewRecorder()
	s.router.ServeHTTP(w, r)
	return w
}

// read checks the status of an answer and decodes its JSON.
func read[T any](t testing.TB, w *httptest.ResponseRecorder, status int) (v T) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return v
}

// refused checks the status of an answer and returns its Problem.
func refused(t testing.TB, w *httptest.ResponseRecorder, status int) Problem {
	t.Helper()
	p := read[Problem](t, w, status)
	if p.Status != status || p.Detail == "" || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%+v as %q", p, w.Header().Get("Content-Type"))
	}
	return p
}

// logIn logs in as the pages do, and returns senders of the cookie and of the CSRF
// token.
func (s *station) logIn(t testing.TB, user, password, mount string) (cookie, csrf sender) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"user": user, "password": password, "mount": mount})
	if err != nil {
		t.Fatal(err)
	}
	w := s.ask(t, "POST", "/session", string(body))
	begun := read[sessionJSON](t, w, http.StatusCreated)
	given := w.Result().Cookies()
	if len(given) != 1 {
		t.Fatalf("%d cookies", len(given))
	}
	return func(r *http.Request) { r.AddCookie(given[0]) }, header(csrfHeader, begun.CSRF)
}

func titled(text string) mounts.Title { return mounts.Title{Text: text} }
