package pull

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
	"relay/ingest/feed/feedtest"
	"relay/ingest/pull/hls"
	"relay/mounts"
)

// fetching returns a fetcher whose first server is that of an address, with a login.
func fetching(t *testing.T, p *Puller, first string) *fetcher {
	t.Helper()
	u, err := url.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	f := newFetcher(p, u, login{"user", "secret"})
	t.Cleanup(f.Close)
	return f
}

// fetch returns what a fetcher gets from an address that from named.
func (f *fetcher) fetch(t *testing.T, address string, from netip.Addr, part ...int64) (string, *hls.Answer, error) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	r := hls.Request{URL: u, From: from}
	if len(part) == 2 {
		r.Offset, r.Length = part[0], part[1]
	}
	a, err := f.get(t.Context(), r)
	if err != nil {
		return "", nil, err
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), a, nil
}

// Playlists and segments come over connections that are kept, compressed, in parts and
// through redirects; the login goes to the first server only.
func TestFetcher(t *testing.T) {
	var connections atomic.Int64
	logins := make(chan string, 100)
	mux := http.NewServeMux()
	server := httptest.NewUnstartedServer(mux)
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		logins <- r.Header.Get("Authorization")
		io.WriteString(w, "other "+r.URL.String())
	}))
	defer other.Close()
	mux.HandleFunc("/plain", func(w http.ResponseWriter, r *http.Request) {
		logins <- r.Header.Get("Authorization")
		io.WriteString(w, r.URL.RawQuery)
	})
	mux.HandleFunc("/gzip", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("accepts %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, "small")
		z.Close()
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/there?a=b", http.StatusFound)
	})
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	})
	mux.HandleFunc("/part", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader("0123456789"))
	})
	server.Start()
	defer server.Close()
	f := fetching(t, NewPuller(nil), server.URL)
	var none netip.Addr
	for _, tt := range []struct {
		path, want, err string
		part            []int64
	}{
		{path: "/plain?key=x%20y&z", want: "key=x%20y&z"},
		{path: "/gzip", want: "small"},
		{path: "/moved", want: "other /there?a=b"},
		{path: "/part", want: "3456", part: []int64{3, 4}},
		{path: "/part", want: "0", part: []int64{0, 1}},
		{path: "/plain?whole", err: "sends the whole resource", part: []int64{3, 4}},
		{path: "/part", err: "416", part: []int64{30, 4}},
		{path: "/missing", err: "404 Not Found"},
		{path: "/round", err: "redirects more than"},
		{path: "/file", err: `redirects to "file:///etc/passwd"`},
	} {
		got, a, err := f.fetch(t, server.URL+tt.path, none, tt.part...)
		if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) || got != tt.want {
			t.Errorf("%s: %q, %v", tt.path, got, err)
		}
		if a != nil && (!a.Server.IsLoopback() || tt.path == "/moved" != strings.HasPrefix(a.URL.String(), other.URL)) {
			t.Errorf("%s: from %v, %v", tt.path, a.URL, a.Server)
		}
	}
	if n := connections.Load(); n > 4 { // the whole resource in place of a part costs one
		t.Errorf("%d connections", n)
	}
	if first, second := <-logins, <-logins; !strings.HasPrefix(first, "Basic ") || second != "" {
		t.Errorf("logins %q, and to another server %q", first, second)
	}
}

// Segments come over TLS as streams do, from servers with a certificate that is trusted.
func TestFetcherOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }))
	defer server.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p := NewPuller(nil)
	if _, _, err := fetching(t, p, server.URL).fetch(t, server.URL, netip.Addr{}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with an unknown certificate: %v", err)
	}
	p.tls = server.Client().Transport.(*http.Transport).TLSClientConfig
	if got, _, err := fetching(t, p, server.URL).fetch(t, server.URL, netip.Addr{}); err != nil || got != "HTTP/1.1" {
		t.Errorf("%q, %v", got, err)
	}
}

// A playlist leads no nearer to this server than its own server is, not even over a
// connection that there is already.
func TestPlaylistsLeadOutside(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "secret") }))
	defer server.Close()
	f := fetching(t, NewPuller(nil), server.URL)
	if _, _, err := f.fetch(t, server.URL, netip.Addr{}); err != nil {
		t.Errorf("the operator's address: %v", err)
	}
	if _, _, err := f.fetch(t, server.URL, netip.MustParseAddr("127.0.0.1")); err != nil {
		t.Errorf("an address of the same machine: %v", err)
	}
	for _, from := range []string{"192.0.2.1", "10.0.0.1", "169.254.1.1"} {
		if got, _, err := f.fetch(t, server.URL, netip.MustParseAddr(from)); !errors.Is(err, errInward) {
			t.Errorf("an address from %s: %q, %v", from, got, err)
		}
	}
	own := fetching(t, NewPuller([]net.Addr{server.Listener.Addr()}), server.URL)
	if _, _, err := own.fetch(t, server.URL, netip.Addr{}); !errors.Is(err, errLoop) {
		t.Errorf("this server: %v", err)
	}
}

// Only a playlist with tags of HLS before its first address is one, whatever its type and
// name.
func TestWhatComesInSegments(t *testing.T) {
	const segments, streams = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nhttp://good/a\n", "#EXTM3U\n#EXTINF:-1,Radio\nhttp://good/live\n"
	for _, tt := range []struct {
		path, kind, text string
		want             bool
	}{
		{"/live.m3u8", "application/vnd.apple.mpegurl", segments, true},
		{"/live.m3u8", "Application/X-mpegURL; charset=utf-8", segments, true},
		{"/live", "audio/mpegurl", segments, true},
		{"/live", "audio/x-mpegurl", "\ufeff" + segments, true},
		{"/LIVE.M3U8", "text/plain", segments, true},
		{"/live.m3u8", "", segments, true},
		{"/live.m3u8", "application/octet-stream", segments, true},
		{"/live.m3u8", "text/plain", streams, false},
		{"/live", "application/vnd.apple.mpegurl", streams, false},
	} {
		e := &elsewhereNet{servers: map[string]func(net.Conn){
			"a:80":    says("HTTP/1.1 200 OK\r\nContent-Type: " + tt.kind + "\r\n\r\n" + tt.text),
			"good:80": says(icecast + "audio"),
		}}
		r, err := e.puller().stream(t.Context(), "http://a"+tt.path, login{}, "/live")
		if err != nil {
			t.Errorf("%s, %s: %v", tt.path, tt.kind, err)
			continue
		}
		r.Close()
		if r.inSegments != tt.want || tt.want != (r.url.Host == "a") {
			t.Errorf("%s, %s: in segments: %v, at %v", tt.path, tt.kind, r.inSegments, r.url)
		}
		if asked := e.asked()[0]; strings.Contains(asked, "HTTP/1.1") != strings.HasSuffix(strings.ToLower(tt.path), ".m3u8") {
			t.Errorf("asked with %q", asked)
		}
	}
}

// perSegment is how many frames a segment has: 6.008 s.
const perSegment = 230

// segmented is a live stream of numbered frames in segments, and a network with one server,
// which has it.
type segmented struct {
	began    time.Time
	tags     string // of the playlist
	asked    atomic.Int64
	dialled  chan net.Conn
	registry *mounts.Registry
	log      *observer.ObservedLogs
}

// relaySegments pulls an address of a stream in segments into /live, and returns it with a
// function that ends all.
func relaySegments(t *testing.T, path, tags string, onDemand bool) (s *segmented, stop func()) {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	s = &segmented{
		began: time.Now().Add(-time.Hour), tags: tags, dialled: make(chan net.Conn), log: logs,
		registry: mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop()),
	}
	server := http.Server{Handler: s}
	served := make(chan error)
	go func() { served <- server.Serve(s) }()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		(&Relay{
			Registry: s.registry, Puller: &Puller{dial: s.dial}, Log: zap.New(core), Timeout: 10 * time.Second,
			From: conf.Relay{URL: "http://a" + path, Mount: "/live", OnDemand: onDemand},
		}).Run(ctx)
	}()
	synctest.Wait()
	return s, func() {
		cancel()
		<-done
		s.registry.Close()
		server.Close()
		<-served
	}
}

func (s *segmented) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	s.dialled <- theirs
	return ours, nil
}

func (s *segmented) Accept() (net.Conn, error) {
	if conn, ok := <-s.dialled; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (s *segmented) Close() error {
	close(s.dialled)
	return nil
}

func (s *segmented) Addr() net.Addr { return &net.TCPAddr{} }

func (s *segmented) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	length := perSegment * feedtest.Stereo128.Duration()
	switch name := strings.Trim(r.URL.Path, "/"); name {
	case "radio.pls":
		w.Header().Set("Content-Type", "audio/x-scpls")
		io.WriteString(w, "[playlist]\nFile1=http://a/over.m3u8\nFile2=http://a/all.m3u8\n")
	case "over.m3u8":
		io.WriteString(w, "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na\n#EXT-X-ENDLIST\n")
	case "all.m3u8":
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		io.WriteString(w, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS=\"mp4a.40.34\"\nlive/list.m3u8?key=1\n")
	case "live/list.m3u8":
		end := int(time.Since(s.began) / length)
		fmt.Fprintf(w, "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:%d\n%s", end-20, s.tags)
		for n := end - 20; n < end; n++ {
			fmt.Fprintf(w, "#EXTINF:%.3f,Artist - Song %d\n../segment/%d?key=%s\n", length.Seconds(), n/100, n, r.URL.Query().Get("key"))
		}
	default:
		n, err := strconv.Atoi(strings.TrimPrefix(name, "segment/"))
		if err != nil || r.URL.Query().Get("key") != "1" {
			http.NotFound(w, r)
			return
		}
		w.Write(append([]byte("ID3\x04\x00\x00\x00\x00\x00\x00"), feedtest.Frames(uint64(n*perSegment), uint64((n+1)*perSegment-1))...))
	}
}

// late returns how far a listener that joins now is behind the stream.
func (s *segmented) late(t *testing.T) time.Duration {
	t.Helper()
	numbers := feedtest.Heard(s.registry.Find("/live"))
	if len(numbers) == 0 {
		t.Fatalf("nothing is heard: %v", s.log.All())
	}
	return time.Since(s.began) - time.Duration(numbers[len(numbers)-1])*feedtest.Stereo128.Duration()
}

// A stream in segments is a relay like any other: found through playlists, the first of
// which that plays, with titles, in order.
func TestRelayOfSegments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, stop := relaySegments(t, "/radio.pls", "", false)
		defer stop()
		time.Sleep(2 * time.Minute)
		m := s.registry.Find("/live")
		if m == nil {
			t.Fatalf("there is no mount: %v", s.log.All())
		}
		in := m.Inputs()[0]
		if in.Kind != mounts.Relayed || in.Title.Text != "Artist - Song 6" || m.Status().Received < 85*16000 {
			t.Errorf("the input is %+v, %d bytes have come", in, m.Status().Received)
		}
		numbers := feedtest.Heard(m)
		for i := 1; i < len(numbers); i++ {
			if numbers[i] != numbers[i-1]+1 {
				t.Errorf("frame %d after %d", numbers[i], numbers[i-1])
			}
		}
		if late := s.late(t); late > 30*time.Second {
			t.Errorf("%v behind", late)
		}
		if n := s.log.FilterMessage("relay has no stream").Len(); n != 1 {
			t.Errorf("the log has %v", s.log.All())
		}
	})
}

// A stream that cannot be played makes no mount, and the log says why, once.
func TestRelayOfSegmentsThatCannotBePlayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, stop := relaySegments(t, "/all.m3u8", "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n", false)
		defer stop()
		time.Sleep(time.Hour)
		if said := s.log.All(); len(said) != 1 || !strings.Contains(fmt.Sprint(said[0].ContextMap()["reason"]), `encrypted (EXT-X-KEY, "AES-128")`) {
			t.Errorf("the log says %v", said)
		}
		if s.registry.Find("/live") != nil {
			t.Error("there is a mount")
		}
		if n := s.asked.Load(); n < 100 || n > 1000 {
			t.Errorf("asked %d times in an hour", n)
		}
	})
}

// On demand, a stream in segments begins anew for each listener that comes after a pause,
// although its playlist still has what would have followed.
func TestRelayOfSegmentsOnDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, stop := relaySegments(t, "/all.m3u8", "", true)
		defer stop()
		time.Sleep(time.Minute)
		m := s.registry.Find("/live")
		if s.asked.Load() > 0 {
			t.Error("asked without a listener")
		}
		for range 3 {
			began := time.Now()
			done := m.Audience.Want()
			if err := m.WaitPlaying(t.Context()); err != nil || time.Since(began) > time.Second {
				t.Fatalf("the listener waits for %v, %v", time.Since(began), err)
			}
			f := follow(t, m)
			done()
			time.Sleep(20 * time.Second)
			if late := s.late(t); late > 30*time.Second {
				t.Errorf("%v behind", late)
			}
			m.Audience.Leave(&f.Listener, "left")
			time.Sleep(15 * time.Second)
			asked := s.asked.Load()
			time.Sleep(25 * time.Second)
			if s.asked.Load() != asked || !m.Asleep() {
				t.Error("asked without a listener")
			}
		}
	})
}
