package hls

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"relay/codec"
	"relay/conf"
	"relay/mounts"
	"relay/segments"
)

// Every mount has its playlists, whatever its name, and other paths belong to others.
func TestPaths(t *testing.T) {
	names := []string{
		"/a", "/a.m3u8", "/a.m3u8.m3u8", "/live/hls/x", "/live/hls/" + strings.Repeat("A", 22), "/live/hls/0000000000000000-0.mp3", "/hls", "/hls/low", "/x/hls", "/hls/hls",
		"/a/b/c", "/a:b", "/a:b/c", "/100%", "/a%2fb", "/a;b", "/a b", "/ä/ö", "/a&b=c", "/a'b\"", "/.m3u8", "/..a", "/~", "/a+b", "/http:/x", "/live",
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t, live, nil)
		s.begin()
		var decks []*deck
		for _, name := range names {
			if conf.CheckMountName(name) == nil {
				decks = append(decks, s.attach(name, mounts.LiveSource))
			}
		}
		if len(decks) != len(names)-1 { // "/..a"
			t.Errorf("%d of %d are names of mounts", len(decks), len(names))
		}
		for range 20 {
			time.Sleep(time.Second)
			for _, d := range decks {
				d.catchUp()
			}
		}
		for _, d := range decks {
			base := (&url.URL{Path: d.Mount.Name + ".m3u8"}).EscapedPath()
			if !s.Serves(d.Mount.Name + ".m3u8") {
				t.Errorf("%s has no playlist", d.Mount.Name)
				continue
			}
			r := s.ask("GET "+base).expect(t, 200)
			lines := strings.Split(strings.TrimSpace(r.body), "\n")
			list := relativeTo(t, base, lines[len(lines)-1])
			if path, _ := url.PathUnescape(list); !s.Serves(path) {
				t.Errorf("%s: no %s", d.Mount.Name, list)
				continue
			}
			p := newViewer(t).read(s.ask("GET "+list).expect(t, 200).body)
			if n := d.Mount.Audience.Count(); n != 1 {
				t.Errorf("%s has %d listeners", d.Mount.Name, n)
			}
			for _, seg := range p.GetAllSegments() {
				file := relativeTo(t, list, seg.URI)
				if path, _ := url.PathUnescape(file); !s.Serves(path) {
					t.Errorf("%s: no %s", d.Mount.Name, file)
				}
				s.ask("GET "+file).expect(t, 200)
			}
		}
		for _, path := range []string{
			"", "/", ".m3u8", "/hls/", "/live/hls", "/live/hls/", "/live/hls/x/y", "/other.m3u8", "/player/hls/low", "/dj/hls/low", "/assets/hls/x.js",
			"/api/v1/mounts/live/hls/x", "/admin/x.m3u8", "/live.m3u", "/live.M3U8", "//live.m3u8", "/live.m3u8/", "/listen.m3u8", "/status-json.xsl",
		} {
			if s.Serves(path) {
				t.Errorf("%q is served", path)
			}
		}
		s.reload("")
		if s.Serves("/live.m3u8") {
			t.Error("HLS is off, but served")
		}
	})
}

func relativeTo(t testing.TB, base, address string) string {
	t.Helper()
	b, err := url.Parse("http://x" + base)
	if err != nil {
		t.Fatal(err)
	}
	u, err := b.Parse(address)
	if err != nil || u.Host != "x" {
		t.Fatalf("%s from %s: %v", address, base, err)
	}
	return u.EscapedPath()
}

// The multivariant playlist has what decides between renditions.
func TestMultivariant(t *testing.T) {
	run(t, withRendition, func(t *testing.T, s *station) {
		s.ask("GET /live.m3u8").expect(t, 404)
		d := s.attach("/live", mounts.LiveSource)
		d.send()
		if r := s.ask("GET /live.m3u8").expect(t, 200); !strings.Contains(r.body, "BANDWIDTH=128000,AVERAGE-BANDWIDTH=128000\nlive/hls/") {
			t.Errorf("before the first segment: %s", r.body)
		}
		d.play(30 * time.Second)
		r := s.ask("GET /live.m3u8").expect(t, 200)
		var peak, average int
		line := strings.Split(r.body, "\n")[2]
		if _, err := fmt.Sscanf(line, "#EXT-X-STREAM-INF:BANDWIDTH=%d,AVERAGE-BANDWIDTH=%d,CODECS=\"mp4a.40.34\"", &peak, &average); err != nil || average < 127_000 || peak < average || peak > 130_000 {
			t.Errorf("%v: %s", err, r.body)
		}
		d.Detach()
		time.Sleep(5 * time.Second)
		s.ask("GET /live.m3u8").expect(t, 404)
	})
}

func FuzzPaths(f *testing.F) {
	for _, path := range []string{"/live.m3u8", "/live/hls/x", "/a/hls/hls/y.m3u8", "/.m3u8", "/hls/x", "/a:b/c", "/live/hls/AAAAAAAAAAAAAAAAAAAAAA.m3u8"} {
		f.Add(path, "/live")
	}
	f.Fuzz(func(t *testing.T, path, from string) {
		if mount, ok := ofMultivariant(path); ok && mount+playlistExt != path {
			t.Fatalf("%q is of %q", path, mount)
		}
		if mount, file, ok := ofFile(path); ok && (mount+folder+file != path || file == "" || strings.Contains(file, "/")) {
			t.Fatalf("%q is %q of %q", path, file, mount)
		}
		if conf.CheckMountName(path) != nil || conf.CheckMountName(from) != nil {
			return
		}
		base := &url.URL{Scheme: "http", Host: "x", Path: from + playlistExt}
		u, err := base.Parse(relative(from, path) + folder + "y")
		if err != nil || u.Host != "x" || u.Path != path+folder+"y" {
			t.Fatalf("%q from %q: %v, %v", path, from, u, err)
		}
	})
}

func FuzzTokens(f *testing.F) {
	f.Add(newToken().String())
	f.Add("x")
	f.Fuzz(func(t *testing.T, text string) {
		if token, ok := parseToken(text); ok && token.String() != text {
			t.Fatalf("%q is %s", text, token)
		}
		if token, ok := tokenOf(text); ok && token.String()+playlistExt != text {
			t.Fatalf("%q is %s", text, token)
		}
	})
}

func FuzzTitles(f *testing.F) {
	f.Add("Artist", "Title \"\n#EXT-X-ENDLIST")
	f.Fuzz(func(t *testing.T, artist, name string) {
		seg := &segment{Segment: &segments.Segment{}, name: "0000000000000000-0.mp3"}
		seg.Length, seg.Title = target, &segments.Title{Tags: codec.Tags{Artist: artist, Title: name}}
		p := &playlist{segments: []*segment{seg}}
		newViewer(t).read(string(p.text("", nil)))
	})
}
