package hls

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Eyevinn/hls-m3u8/m3u8"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/e2e/harness"
)

// everything has HLS on every mount.
const everything = harness.Config + "[[mount]]\nname = '/*'\nhls = true\ngrace = '500ms'\n"

// token returns a session that nobody has.
func token() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// encode starts a source that sends numbered frames at their pace.
func encode(t testing.TB, r *harness.Relay, mount string) *harness.Encoder {
	t.Helper()
	e, stop := r.Encode(t, mount), make(chan struct{})
	var playing sync.WaitGroup
	playing.Go(func() { e.Play(stop) })
	t.Cleanup(func() {
		close(stop)
		e.Close()
		playing.Wait()
	})
	return e
}

// playlist fetches a media playlist, which is strictly read, unless the status is another
// one than 200.
func playlist(t testing.TB, r *harness.Relay, path string) (status int, p *m3u8.MediaPlaylist) {
	t.Helper()
	status, _, body := r.Get(t, path)
	if status != http.StatusOK {
		return status, nil
	}
	list, kind, err := m3u8.DecodeFrom(strings.NewReader(body), true)
	if err != nil || kind != m3u8.MEDIA {
		t.Fatalf("%s: %v\n%s", path, err, body)
	}
	return status, list.(*m3u8.MediaPlaylist)
}

// has waits until a media playlist has so many segments, and returns it.
func has(t testing.TB, r *harness.Relay, path string, segments int) (p *m3u8.MediaPlaylist) {
	t.Helper()
	harness.EventuallyIn(t, 2*harness.Patience, fmt.Sprintf("%d segments at %s", segments, path), func() bool {
		_, p = playlist(t, r, path)
		return p != nil && len(p.GetAllSegments()) >= segments
	})
	return p
}

func TestHLSBadInput(t *testing.T) {
	t.Parallel()
	t.Run("forged addresses", testForgedAddresses)
	t.Run("names of mounts", testNamesOfMounts)
	t.Run("sessions from one address", testSessionsFromOneAddress)
	t.Run("titles", testTitles)
	t.Run("formats", testFormats)
	t.Run("HLS off and on", testOffAndOn)
	t.Run("restarts", testRestarts)
}

// What does not exist is 404, and no cache may keep that: it may exist in a moment.
func testForgedAddresses(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, everything)
	encode(t, r, "/live")
	p := has(t, r, "/live/hls/"+token()+".m3u8", 2)
	name := p.GetAllSegments()[0].URI
	if status, header, _ := r.Get(t, "/live/hls/"+name); status != 200 || !strings.Contains(header.Get("Cache-Control"), "immutable") {
		t.Fatalf("%s: %d %v", name, status, header)
	}
	parts := regexp.MustCompile(`^([0-9a-f]{16})-(\d+)(\.mp3)$`).FindStringSubmatch(name)
	if parts == nil {
		t.Fatalf("a segment is called %s", name)
	}
	for _, forged := range []string{
		parts[1] + "-99999999999999" + parts[3], parts[1] + "-" + parts[2] + ".aac", parts[1] + "-0" + parts[2] + parts[3], parts[1] + "--1" + parts[3],
		parts[1] + "-1" + parts[3], "0000000000000000-" + parts[2] + parts[3], strings.ToUpper(parts[1]) + "-" + parts[2] + parts[3], parts[1] + "-" + strings.Repeat("9", 2000) + parts[3],
		"x.m3u8", ".m3u8", token()[1:] + ".m3u8", token() + "A.m3u8", strings.Repeat("A", 22) + "=.m3u8", strings.Repeat("~", 22) + ".m3u8",
		"%00" + parts[3], "..%2f..%2fetc%2fpasswd", "%2e%2e/live", name + "/", name + "%00", token(),
	} {
		status, header, _ := r.Get(t, "/live/hls/"+forged)
		if status != http.StatusNotFound {
			t.Errorf("%q is answered %d", forged, status)
		}
		if cache := header.Get("Cache-Control"); !strings.Contains(cache, "no-store") {
			t.Errorf("%q is answered with Cache-Control %q", forged, cache)
		}
	}
	for _, path := range []string{"/none.m3u8", "/none/hls/" + token() + ".m3u8", "/none/hls/" + name} {
		if status, _, _ := r.Get(t, path); status != http.StatusNotFound {
			t.Errorf("%s is answered %d", path, status)
		}
	}
	before := r.Source(t, "/live").Listeners
	if status, _ := playlist(t, r, "/live/hls/"+token()+".m3u8"); status != 200 { // a client may choose its session
		t.Errorf("a session that the server has not given: %d", status)
	}
	if now := r.Source(t, "/live").Listeners; now != before+1 {
		t.Errorf("it makes %d listeners of %d", now, before)
	}
}

// A mount that has the name of an address of HLS comes first, and has playlists of its own.
func testNamesOfMounts(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, everything)
	names := []string{"/a", "/a.m3u8", "/a/hls/x", "/a/hls/" + strings.Repeat("A", 22) + ".m3u8"}
	encoders := map[string]*harness.Encoder{}
	for _, name := range names {
		encoders[name] = encode(t, r, name)
	}
	first := map[string]string{}
	for _, name := range names {
		p := r.Tune(t, name)
		if _, err := p.Frame(); err != nil {
			t.Errorf("%s is no stream: %v", name, err)
		}
		p.Close()
		list := name + "/hls/" + token() + ".m3u8"
		first[name] = has(t, r, list, 1).GetAllSegments()[0].URI
		if status, header, _ := r.Get(t, name+"/hls/"+first[name]); status != 200 || header.Get("Content-Type") != "audio/mpeg" {
			t.Errorf("%s: a segment is answered %d", name, status)
		}
	}
	for i, name := range names {
		for _, other := range names[:i] {
			if first[name] == first[other] {
				t.Errorf("%s and %s have the same segments", name, other)
			}
		}
	}
	if _, _, body := r.Get(t, "/a.m3u8.m3u8"); !strings.Contains(body, "\na.m3u8/hls/") {
		t.Errorf("the variants of /a.m3u8 are %q", body)
	}
	encoders["/a.m3u8"].Close()
	harness.Eventually(t, "the playlist of /a at the address of the other mount", func() bool {
		_, header, body := r.Get(t, "/a.m3u8")
		return header.Get("Content-Type") == "application/vnd.apple.mpegurl" && strings.Contains(body, "\na/hls/")
	})
}

// A client that makes up sessions is limited as any other address is, and costs no one else
// a place.
func testSessionsFromOneAddress(t *testing.T) {
	t.Parallel()
	const limit = 100
	sessions := 2000
	if harness.Long() {
		sessions = 20_000
	}
	r := harness.Start(t, everything+fmt.Sprintf("[limits]\nlisteners_per_ip = %d\n", limit))
	encode(t, r, "/live")
	harness.Eventually(t, "the first segment", func() bool {
		_, _, body := r.Get(t, "/live.m3u8") // makes no session
		return strings.Contains(body, "CODECS")
	})
	var admitted, refused, other atomic.Int64
	var clients sync.WaitGroup
	began := time.Now()
	for range 8 {
		clients.Go(func() {
			client := &http.Client{Timeout: harness.Patience, Transport: &http.Transport{}}
			for range sessions / 8 {
				answer, err := client.Get(r.URL("/live/hls/" + token() + ".m3u8"))
				if err != nil {
					other.Add(1)
					continue
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				switch {
				case answer.StatusCode == 200:
					admitted.Add(1)
				case answer.StatusCode == 429 || answer.StatusCode == 503 || answer.StatusCode == 403:
					refused.Add(1)
				default:
					other.Add(1)
				}
			}
		})
	}
	clients.Wait()
	t.Logf("of %d sessions %d were admitted, %d refused in %v", sessions, admitted.Load(), refused.Load(), time.Since(began).Round(time.Millisecond))
	if other.Load() > 0 || admitted.Load() < limit || admitted.Load() > limit*(1+int64(time.Since(began)/(18*time.Second))) {
		t.Errorf("%d admitted, %d refused, %d neither", admitted.Load(), refused.Load(), other.Load())
	}
	neighbour := http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext}}
	if answer, err := neighbour.Get(r.URL("/live/hls/" + token() + ".m3u8")); err != nil || answer.StatusCode != 200 {
		t.Errorf("another address gets %v, %v", answer, err)
	} else {
		answer.Body.Close()
	}
	harness.Eventually(t, "the sessions to end", func() bool { return r.Source(t, "/live").Listeners == 0 })
}

// Titles that come far too often make no playlist long, and break none.
func testTitles(t *testing.T) {
	t.Parallel()
	length := 15 * time.Second
	if harness.Long() {
		length = time.Minute
	}
	r := harness.Start(t, everything)
	encode(t, r, "/live")
	list := "/live/hls/" + token() + ".m3u8"
	has(t, r, list, 1)
	began, sent := time.Now(), 0
	for due := began; time.Since(began) < length; due = due.Add(time.Minute / 10_000) {
		time.Sleep(time.Until(due))
		sent++
		r.SetTitle(t, "/live", fmt.Sprintf("Artist %d\" - Title,\n#EXT-X-ENDLIST %d é漢 \u2028", sent, sent))
	}
	p := has(t, r, list, int(time.Since(began)/(6*time.Second)))
	_, _, body := r.Get(t, list)
	all := p.GetAllSegments()
	t.Logf("%d titles in %v; %d in a playlist of %d segments and %d bytes", sent, time.Since(began).Round(time.Second), len(p.DateRanges), len(all), len(body))
	if p.Closed || len(p.DateRanges) > 8*len(all) || len(p.DateRanges) < 2 || len(body) > 2000*len(all) {
		t.Errorf("%d titles in %d bytes, closed: %v", len(p.DateRanges), len(body), p.Closed)
	}
	r.SetTitle(t, "/live", "The End - At Last")
	harness.Eventually(t, "the last title", func() bool {
		_, _, body := r.Get(t, list)
		return strings.Contains(body, `X-TITLE="At Last"`)
	})
}

// A source that changes its format every second is converted to that of the mount. Whatever
// becomes of it can be read strictly.
func testFormats(t *testing.T) {
	t.Parallel()
	s := &station{Relay: harness.Start(t, everything)}
	e := s.Encode(t, "/live")
	formats := []mp3.Header{frametest.Header(128000, 44100, 2), frametest.Header(64000, 48000, 1), frametest.Header(96000, 32000, 2), frametest.Header(64000, 44100, 1)}
	began, played, changes := time.Now(), time.Duration(0), 0
	list, v := "/live/hls/"+token()+".m3u8", &variant{}
	reader := &reader{s: s, mount: "/live", client: &http.Client{Timeout: harness.Patience}, wrong: map[string]int{}, variants: []*variant{v}}
	v.url = s.URL(list)
	for ; played < 20*time.Second; changes++ {
		e.Format = formats[changes%len(formats)]
		for from := played; played-from < time.Second; {
			if _, err := e.Write(e.Next()); err != nil {
				t.Fatalf("the source: %v", err)
			}
			played += e.Format.Duration()
			time.Sleep(time.Until(began.Add(played)))
		}
		if changes > 3 {
			if err := reader.look(v); err != nil {
				t.Error(err)
			}
		}
	}
	for what, times := range reader.wrong {
		t.Errorf("%d times: %s", times, what)
	}
	t.Logf("%d changes: %d segments", changes, len(v.segments))
	if len(v.segments) < 2 {
		t.Errorf("%d segments with %d changes", len(v.segments), changes)
	}
}

// A reload turns HLS off, and on again. Who asks meanwhile is told that there is nothing;
// then the player that waited finds its playlist again, and no number comes twice.
func testOffAndOn(t *testing.T) {
	t.Parallel()
	on := harness.Config + "[[mount]]\nname = '/live'\nhls = true\n"
	path := harness.WriteFile(t, "relay.toml", on)
	r := harness.Run(t, "-c", path)
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	encode(t, r, "/live")
	list := "/live/hls/" + token() + ".m3u8"
	before := has(t, r, list, 2)
	r.Rewrite(t, path, harness.Config+"[[mount]]\nname = '/live'\n", "configuration loaded")
	harness.Eventually(t, "HLS to be off", func() bool {
		first, _ := playlist(t, r, list)
		second, _, _ := r.Get(t, "/live.m3u8")
		return first == http.StatusNotFound && second == http.StatusNotFound
	})
	harness.Eventually(t, "the session to end", func() bool { return r.Source(t, "/live").Listeners == 0 })
	r.Rewrite(t, path, on, "configuration loaded")
	after := has(t, r, list, 1)
	follows(t, before, after)
}

// follows checks that a playlist can follow another one: a number that was used stands for
// the same segment.
func follows(t testing.TB, before, after *m3u8.MediaPlaylist) {
	t.Helper()
	known := map[uint64]string{}
	for i, s := range before.GetAllSegments() {
		known[before.SeqNo+uint64(i)] = s.URI
	}
	for i, s := range after.GetAllSegments() {
		number := after.SeqNo + uint64(i)
		if uri, used := known[number]; used && uri != s.URI {
			t.Errorf("segment %d was %s, and is %s", number, uri, s.URI)
		}
	}
	if after.SeqNo < before.SeqNo {
		t.Errorf("the media sequence jumps back from %d to %d", before.SeqNo, after.SeqNo)
	}
}

// Players go on when the server is restarted, and when it is killed and started again.
// GStreamer 1.22 does not: it hangs whenever a playlist has no segment that it knows.
func testRestarts(t *testing.T) {
	t.Parallel()
	addr := harness.FreePort(t)
	path := harness.WriteFile(t, "relay.toml", strings.Replace(everything, "127.0.0.1:0", addr, 1))
	start := func() *station {
		r := harness.Launch(t, exec.Command(harness.Binary, "-c", path))
		r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
		return &station{Relay: r}
	}
	s := start()
	sender := s.send(t, "/live", liveTone(t))
	list := "/live/hls/" + token() + ".m3u8"
	last := has(t, s.Relay, list, 3)
	var runs []*run
	for _, p := range players() {
		if p.mount == "/live" && (p.command == "vlc" || p.command == "streamlink") {
			runs = append(runs, p.start(t, s))
		}
	}
	for _, r := range runs {
		r.plays(t, 2*time.Second)
	}
	for _, how := range []string{"restarted", "killed"} {
		if how == "killed" {
			s.Cmd.Process.Signal(os.Kill)
			<-s.Exited
		} else if err := s.Stop(t); err != nil {
			t.Fatal(err)
		}
		sender.cut()
		had := map[*run]time.Duration{}
		s = start()
		for _, r := range runs {
			had[r] = r.played()
		}
		sender = s.send(t, "/live", liveTone(t))
		now := has(t, s.Relay, list, 1)
		follows(t, last, now)
		for _, r := range runs { // more than it can have had in its buffer
			r.plays(t, had[r]+30*time.Second)
		}
		last = has(t, s.Relay, list, 1)
		t.Logf("the server is %s: all go on", how)
	}
	for _, r := range runs {
		r.quit(t)
		t.Logf("%s: %v", r.name, hear(r.samples(t), tone, backup))
	}
}
