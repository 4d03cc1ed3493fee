//go:build linux

package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestWriteDocReplacesOnlyItsSection(t *testing.T) {
	path := filepath.Join(t.TempDir(), "performance.md")
	if err := os.WriteFile(path, []byte("# Title\n\ntext\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ mode, text string }{{"a", "one\n"}, {"b", "two\n"}, {"a", "three\n"}} {
		if err := writeDoc(path, step.mode, step.text); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := os.ReadFile(path)
	const want = "# Title\n\ntext\n\n<!-- bench:begin a -->\nthree\n<!-- bench:end a -->\n\n<!-- bench:begin b -->\ntwo\n<!-- bench:end b -->\n"
	if string(got) != want {
		t.Errorf("got\n%s", got)
	}
}

func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		v   verdict
		met bool
	}{
		{ratio("x", 20, 60, "icecast2", 0.33), false},
		{ratio("x", 19, 60, "icecast2", 0.33), true},
		{ratio("x", 19, 0, "icecast2", 0.33), false},
		{atMost("x", 650, "ms", 650), true},
		{none("x", 1), false},
	} {
		if tt.v.Met != tt.met || strings.Contains(tt.v.String(), "MISSED") == tt.met {
			t.Errorf("%v", tt.v)
		}
	}
}

// The load and the floor are this binary with other arguments.
func TestMain(m *testing.M) {
	for i, arg := range os.Args {
		if arg == "-role" && i+1 < len(os.Args) {
			main()
			return
		}
	}
	os.Exit(m.Run())
}

// A small run: every frame of the floor reaches every listener.
func TestRunOnTheFloor(t *testing.T) {
	dir := t.TempDir()
	floor, err := startFloor(t.Context(), dir, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer floor.stop()
	r, err := measure(t.Context(), floor, "small", loadPlan{
		Listeners: 20, OpenRate: 1000, Patience: 10 * time.Second, Warm: 100 * time.Millisecond, Measure: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Load.Heard != 20 || r.Load.Breaks != 0 || r.Load.Lost != 0 || r.Load.Frames < 20*150 {
		t.Errorf("%+v", r.Load)
	}
}

// A small run by HLS: every listener plays every segment, over a connection that it keeps.
func TestRunByHLS(t *testing.T) {
	const listeners = 20
	segments := [2]bytes.Buffer{}
	clock := newFrameClock(time.Now())
	for i := range segments {
		segments[i].WriteString("ID3\x04\x00\x00\x00\x00\x00\x02no")
		segments[i].Write(clock.due(clock.next.Add(time.Second)))
	}
	var mu sync.Mutex
	from := map[string]bool{} // addresses and ports
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		from[r.RemoteAddr] = true
		mu.Unlock()
		var body []byte
		switch r.URL.Path {
		case "/bench.m3u8":
			body = []byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nbench/hls/all.m3u8\n")
		case "/bench/hls/all.m3u8":
			body = []byte("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:1,\n0.mp3\n#EXTINF:1,\n1.mp3\n")
		case "/bench/hls/0.mp3":
			body = segments[0].Bytes()
		case "/bench/hls/1.mp3":
			body = segments[1].Bytes()
		default:
			http.NotFound(w, r)
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	}))
	defer server.Close()
	s := &subject{name: "test", addr: server.Listener.Addr().String(), mount: "/bench", pid: os.Getpid()}
	r, err := measure(t.Context(), s, "small", loadPlan{
		HLS: true, Listeners: listeners, Patience: 20 * time.Second, Warm: 100 * time.Millisecond, Measure: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	l := r.Load
	if frames := (segments[0].Len() + segments[1].Len()) / format.Size; l.Heard != listeners || l.Breaks != 0 || l.Lost != 0 || int(l.Frames) < listeners*frames || int(l.Frames) > listeners*(frames+2) {
		t.Errorf("%d frames in the segments, %+v", frames, l)
	}
	if len(from) != listeners {
		t.Errorf("%d connections", len(from))
	}
}

// A playlist that has ended begins again only in a run that says so.
func TestWhichSegmentsAreFetched(t *testing.T) {
	list := hlsList{first: 10, files: []string{"a", "b", "c", "d", "e"}}
	longer := hlsList{first: 11, files: []string{"b", "c", "d", "e", "f"}}
	for name, tt := range map[string]struct {
		again bool
		lists []hlsList
		want  string
	}{
		"live":      {false, []hlsList{list, list, longer}, "/hls/c /hls/d /hls/e /hls/f"},
		"ended":     {true, []hlsList{list, list, list, list, list, list}, "/hls/a /hls/b /hls/c /hls/d /hls/e /hls/a"},
		"long away": {false, []hlsList{{first: 1, files: []string{"a"}}, longer}, "/hls/a /hls/b /hls/c /hls/d /hls/e /hls/f"},
	} {
		l := &hlsLoad{plan: loadPlan{Again: tt.again}}
		c := &hlsListener{media: "/hls/all.m3u8"}
		for _, list := range tt.lists {
			l.choose(c, list)
		}
		if got := strings.Join(c.wanted, " "); got != tt.want {
			t.Errorf("%s: %s, not %s", name, got, tt.want)
		}
	}
}
