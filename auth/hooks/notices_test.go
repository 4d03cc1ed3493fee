package hooks

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
)

// An on_source hook hears of each mount in order, even if it is slow and many mounts
// change at once.
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
	h, _ := newHooks(t)
	stop := run(t, h)
	var sources sync.WaitGroup
	for i := range mounts {
		sources.Go(func() {
			mount := fmt.Sprintf("/url%d", i)
			for range times {
				h.SourceCame(server.URL, mount)
				h.SourceLeft(server.URL, mount)
			}
		})
	}
	sources.Wait()
	stop() // the notices that wait are still sent
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
	h, logs := newHooks(t)
	began := time.Now()
	for range maxNotices + 5 {
		h.SourceCame(server.URL, "/url.mp3")
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("telling took %v", took)
	}
	if got := logs.FilterMessageSnippet("no longer notified").Len(); got != 1 {
		t.Errorf("%d lines about a full queue", got)
	}
	q := h.notices.queues[hookServer(server.URL)]
	n, _ := h.notices.next(q)
	h.notices.done(q, n)
	h.SourceLeft(server.URL, "/url.mp3")
	if got := logs.FilterMessage("hooks are notified again").All(); len(got) != 1 || got[0].ContextMap()["lost"] != int64(5) {
		t.Errorf("got %v", got)
	}
	run(t, h)()
	if heard.Load() != maxNotices {
		t.Errorf("heard of %d", heard.Load())
	}
}

// Shutdown does not wait for a hook that hangs.
func TestShutdownIsBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer server.Close()
	h, logs := newHooks(t)
	stop := run(t, h)
	for range 20 {
		h.SourceCame(server.URL, "/url.mp3")
	}
	began := time.Now()
	stop()
	if took := time.Since(began); took > noticesGoodbye+time.Second {
		t.Errorf("took %v", took)
	}
	if logs.FilterMessage("hooks were too slow: some notices were not sent").Len() != 1 {
		t.Errorf("got %v", logs.All())
	}
	h.SourceLeft(server.URL, "/url.mp3") // after the end: lost, not waited for
}

func TestRefusedNoticeIsLogged(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	h, logs := newHooks(t)
	h.SourceCame(server.URL, "/url.mp3")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.Run(ctx)
	got := logs.FilterMessageSnippet("was not told").All()
	if len(got) != 1 || got[0].ContextMap()["problem"] != "it answered 404 Not Found" {
		t.Errorf("got %v", got)
	}
}
