package mounts

import (
	"strings"
	"testing"

	"relay/icy"
)

func TestNewCover(t *testing.T) {
	for _, tt := range []struct{ name, picture, want string }{
		{"PNG", "\x89PNG\r\n\x1a\n", "image/png"},
		{"JPEG", "\xff\xd8\xff\xe0", "image/jpeg"},
		{"GIF", "GIF89a", "image/gif"},
		{"WebP", "RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"},
		{"as large as may be", "GIF89a" + strings.Repeat("x", MaxCover-6), "image/gif"},
		{"too large", "GIF89a" + strings.Repeat("x", MaxCover-5), ""},
		{"SVG", `<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`, ""},
		{"HTML", "<html><script>1</script>", ""},
		{"BMP", "BM1234", ""},
		{"audio", "ID3\x03", ""},
		{"nothing", "", ""},
	} {
		got := ""
		if c := NewCover([]byte(tt.picture)); c != nil {
			got = c.Type
		}
		if got != tt.want {
			t.Errorf("%s is %q, want %q", tt.name, got, tt.want)
		}
	}
}

// feed is attach with a complete Feed.
func feed(t testing.TB, r *Registry, mount string, f Feed) *Input {
	t.Helper()
	in, err := r.Attach(mount, f)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// A mount that plays another mount's stream shows the cover of that mount, and loops
// end.
func TestCoverOfAFallback(t *testing.T) {
	r := newRegistry(t, "")
	cover := NewCover([]byte("GIF89a"))
	music := feed(t, r, "/music", Feed{Kind: Files})
	music.SetCover(cover)
	music.Write(numbered(1))
	live := feed(t, r, "/live", Feed{Kind: Fallback, From: "/music"})
	live.Write(numbered(2))
	if got := live.Mount.Cover(); got != cover {
		t.Errorf("the fallback has the cover %v", got)
	}
	feed(t, r, "/a", Feed{Kind: Fallback, From: "/b"}).Write(numbered(3))
	b := feed(t, r, "/b", Feed{Kind: Fallback, From: "/a"})
	b.Write(numbered(4))
	if got := b.Mount.Cover(); got != nil {
		t.Errorf("a circle has the cover %v", got)
	}
}

// The station words of a source stay while a stand-in plays.
func TestStationWordsStayWhileFallbacksPlay(t *testing.T) {
	r := newRegistry(t, "[[mount]]\nname = '/live'\ngenre = 'Talk'\n")
	music := feed(t, r, "/live", Feed{Kind: Files, Station: icy.Station{Name: "music", Description: "from disk", URL: "https://music.example"}})
	m := music.Mount
	music.Write(numbered(1))
	if s := m.Programme().Station; s.Name != "music" || s.Description != "from disk" || s.Genre != "Talk" {
		t.Errorf("before any source: %+v", s)
	}
	live := feed(t, r, "/live", Feed{Kind: LiveSource, Station: icy.Station{Name: "Night Radio", Description: "All night", Genre: "Jazz"}})
	live.Write(numbered(2))
	live.Detach()
	m.endGrace(m.graces)
	music.Write(numbered(1))
	if s, got := m.Programme().Station, m.Programme().Input; got != "files" || s.Name != "Night Radio" || s.Description != "All night" || s.Genre != "Talk" || s.URL != "https://music.example" {
		t.Errorf("after the source: %s, %+v", got, s)
	}
	music.Detach()
	backup := feed(t, r, "/live", Feed{Kind: Fallback, Station: icy.Station{Name: "Backup FM"}})
	m.endGrace(m.graces)
	backup.Write(numbered(2))
	if s, got := m.Programme().Station, m.Programme().Input; got != "fallback" || s.Name != "Backup FM" || s.Description != "All night" {
		t.Errorf("another mount in its place: %s, %+v", got, s)
	}
	other := feed(t, r, "/live", Feed{Kind: LiveSource, Station: icy.Station{Name: "Day Radio"}})
	other.Write(numbered(3))
	if s := m.Programme().Station; s.Name != "Day Radio" || s.Description != "" {
		t.Errorf("of another source: %+v", s)
	}
}
