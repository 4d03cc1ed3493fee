package auth

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// observed lets g log to where a test can read it.
func observed(g *Gate) *observer.ObservedLogs {
	core, logs := observer.New(zapcore.DebugLevel)
	g.WithLog(zap.New(core))
	return logs
}

// The web server behind on_source sees every mount come and go in order, even
// if it takes its time and many mounts do at once.
func TestMountNoticesInOrder(t *testing.T) {
	const mounts, times = 4, 10
	var mu sync.Mutex
	got := map[string][]string{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		time.Sleep(time.Duration(len(body)%3) * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		got[form.Get("mount")] = append(got[form.Get("mount")], form.Get("action"))
	}))
	defer server.Close()
	g := hookGate(t, server.URL)
	stop := run(t, g)
	var sources sync.WaitGroup
	for i := range mounts {
		sources.Go(func() {
			mount := fmt.Sprintf("/url%d", i)
			for range times {
				g.hooks.tellOfSource(server.URL, "mount_add", mount)
				g.hooks.tellOfSource(server.URL, "mount_remove", mount)
			}
		})
	}
	sources.Wait()
	stop() // what waits is still sent
	if len(got) != mounts {
		t.Errorf("heard of %d mounts", len(got))
	}
	for mount, actions := range got {
		if strings.Join(actions, " ") != strings.Repeat("mount_add mount_remove ", times)[:times*23-1] {
			t.Errorf("%s: %v", mount, actions)
		}
	}
}

func TestQueueFull(t *testing.T) {
	var heard atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	defer server.Close()
	g := hookGate(t, server.URL)
	logs := observed(g)
	began := time.Now()
	for range maxNotices + 5 {
		g.SourceCame("/url.mp3")
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("telling took %v", took)
	}
	if got := logs.FilterMessageSnippet("not told any more").Len(); got != 1 {
		t.Errorf("%d lines about a full queue", got)
	}
	q := g.hooks.notices.queues[hookServer(server.URL)]
	n, _ := g.hooks.notices.next(q)
	g.hooks.notices.done(q, n)
	g.SourceLeft("/url.mp3")
	if got := logs.FilterMessage("hooks are told again").All(); len(got) != 1 || got[0].ContextMap()["lost"] != int64(5) {
		t.Errorf("got %v", got)
	}
	run(t, g)()
	if heard.Load() != maxNotices {
		t.Errorf("heard of %d", heard.Load())
	}
}

// A server that ends does not wait for a hook that hangs.
func TestShutdownIsBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer server.Close()
	g := hookGate(t, server.URL)
	logs := observed(g)
	stop := run(t, g)
	for range 20 {
		g.SourceCame("/url.mp3")
	}
	began := time.Now()
	stop()
	if took := time.Since(began); took > noticesGoodbye+time.Second {
		t.Errorf("took %v", took)
	}
	if logs.FilterMessage("hooks were too slow to be told everything").Len() != 1 {
		t.Errorf("got %v", logs.All())
	}
	g.SourceLeft("/url.mp3") // after the end: lost, not waited for
}

func TestRefusedNoticeIsLogged(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	g := hookGate(t, server.URL)
	logs := observed(g)
	g.SourceCame("/url.mp3")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g.Run(ctx)
	got := logs.FilterMessageSnippet("was not told").All()
	if len(got) != 1 || got[0].ContextMap()["problem"] != "it answered 404 Not Found" {
		t.Errorf("got %v", got)
	}
}
