package history

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/e2e/harness"
	"relay/history"
	"relay/internal/clock"
)

// Everything that happened until the server's end is in the reports, without
// listeners' addresses.
func TestHistory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "history.db")
	r := harness.Start(t, harness.Config+"[history]\nfile = '"+file+"'\n[limits]\ncount_after = '0s'\n[[mount]]\nname = '/live'\nfallbacks = ['/other']\ngrace = '0s'\n")
	began := time.Now()
	stop := make(chan struct{})
	defer close(stop)
	live := r.Encode(t, "/live", "User-Agent: butt 1.45")
	live.Frames(t, 50)
	harness.Eventually(t, "the source", func() bool { return r.Source(t, "/live").BitRate == 128 })
	other := r.Encode(t, "/other", "User-Agent: Station/1")
	go other.Play(stop)
	harness.Eventually(t, "the other mount", func() bool { return r.Source(t, "/other").BitRate == 128 })

	// lasting waits until what has begun is long enough to count as a play.
	lasting := func() {
		begun := time.Now()
		harness.Eventually(t, "some time to pass", func() bool { return time.Since(begun) > 1100*time.Millisecond })
	}
	listen := func(agent string) *harness.Player {
		p := r.Ask(t, "GET /live HTTP/1.1\r\nUser-Agent: "+agent+"\r\n\r\n")
		if _, err := p.Frame(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := listen("VLC/3.0.20 LibVLC/3.0.20")
	r.SetTitle(t, "/live", "Artist - One")
	second := listen("mpv 0.39.0")
	lasting()
	live.Frames(t, 50) // or, on a busy machine, it is silent for too long
	r.SetTitle(t, "/live", "Artist - Two")
	lasting()
	first.Close()
	harness.Eventually(t, "the first to leave", func() bool { return r.Source(t, "/live").Listeners == 1 })
	live.Close()
	harness.Eventually(t, "the fallback", func() bool {
		_, err := second.Frame()
		return err == nil && strings.Contains(r.Log.String(), `"input": "fallback"`)
	})
	if status, body := r.Admin(t, "/admin/moveclients?mount=/live&destination="+url.QueryEscape("/other")); status != 200 {
		t.Fatalf("move: %d %s", status, body)
	}
	harness.Eventually(t, "the second to move", func() bool { return r.Source(t, "/other").Listeners == 1 })
	lasting()
	r.Stop(t)
	most := 2 * time.Since(began).Hours()

	for _, name := range []string{file, file + "-wal"} {
		if strings.Contains(harness.ReadFile(t, name), "127.0.0.1") {
			t.Error("an address is in the file")
		}
	}
	past := openHistory(t, file)
	ctx := context.Background()
	listening, err := past.Listening(ctx, history.Span{})
	if err != nil || len(listening) != 3 {
		t.Fatalf("listening %+v, %v", listening, err)
	}
	for i, want := range []struct {
		mount                 string
		sessions              int64
		uniqueListeners, peak int
	}{{"/live", 2, 2, 2}, {"/other", 1, 1, 1}, {"", 3, 2, 2}} {
		got := listening[i]
		if got.Mount != want.mount || got.Sessions != want.sessions || got.UniqueListeners != want.uniqueListeners || got.Peak != want.peak ||
			got.AverageSeconds <= 0 || got.Hours > most {
			t.Errorf("got %+v, want %+v and up to %v hours", got, want, most)
		}
	}

	month, err := past.Listening(ctx, history.Span{From: time.Now().AddDate(0, -1, 0)})
	if err != nil || len(month) != 3 || month[0].AverageListeners < 0.5 || month[2].AverageListeners < 0.5 {
		t.Errorf("average of a month of which the server ran for seconds: %+v, %v", month, err)
	}

	titles, total, err := past.Titles(ctx, history.Span{Mount: "/live"}, 0, 0)
	if err != nil || total != 2 {
		t.Fatalf("titles %+v, %v", titles, err)
	}
	for i, want := range []history.Play{{Title: "Artist - One", Listeners: 1, Performances: 2}, {Title: "Artist - Two", Listeners: 2, Performances: 2}} {
		got := titles[i]
		if got.Title != want.Title || got.Listeners != want.Listeners || got.Performances != want.Performances || got.Seconds <= 0 || got.AverageListeners <= 0 {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}

	sources, err := past.Sources(ctx, history.Span{})
	if err != nil || len(sources) != 3 {
		t.Fatalf("sources %+v, %v", sources, err)
	}
	hash := sources[0].Addr
	for i, want := range []history.SourceSession{
		{Mount: "/live", Kind: "live", Agent: "butt 1.45", User: "source", Addr: hash, Reason: "closed the connection"},
		{Mount: "/other", Kind: "live", Agent: "Station/1", User: "source", Addr: hash, Reason: "the server is shutting down"},
		{Mount: "/live", Kind: "fallback", Agent: "Station/1", Reason: sources[2].Reason}, // the end of the fallback or of the server
	} {
		got := sources[i]
		got.Since, got.Seconds = time.Time{}, 0
		if got != want || got.Reason == "" || sources[i].Seconds <= 0 {
			t.Errorf("got %+v, want %+v", sources[i], want)
		}
	}

	players, err := past.Players(ctx, history.Span{Mount: "/live"})
	if err != nil || len(players) != 2 || players[0].Player != "VLC" || players[1].Player != "mpv" {
		t.Errorf("players %+v, %v", players, err)
	}
	if curve, err := past.Curve(ctx, history.Span{}, time.Minute); err != nil {
		t.Errorf("curve %+v, %v", curve, err)
	}
}

// openHistory opens the database that a server has left.
func openHistory(t *testing.T, file string) *history.Store {
	t.Helper()
	past := history.New(conf.History{File: file, HashIP: true}, nil, clock.New(zap.NewNop()), zap.NewNop())
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		past.Run(ctx)
	}()
	t.Cleanup(func() {
		end()
		<-ended
	})
	return past
}

// A history that cannot be written does not affect the broadcast.
func TestHistoryThatCannotBeKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "history.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	r := harness.Start(t, harness.Config+"[history]\nfile = '"+file+"'\n")
	live := r.Encode(t, "/live")
	live.Frames(t, 100)
	if _, err := r.Tune(t, "/live").Frame(); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "the trouble in the log", func() bool { return strings.Contains(r.Log.String(), "cannot keep the history") })
	if err := r.Stop(t); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}
