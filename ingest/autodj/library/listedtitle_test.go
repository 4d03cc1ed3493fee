package library

import (
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"
)

func TestListedTitles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.mp3", "b c.mp3", "d.mp3", "e.mp3", "f.mp3", "g.mp3"} {
		put(t, filepath.Join(dir, name), "")
	}
	put(t, filepath.Join(dir, "list.m3u"), "#EXTM3U\r\n#EXTINF:123,Artist - Title\r\na.mp3\r\n#EXTINF:-1 tvg-id=\"x, y\" group=\"z\",Björk - Jóga, live\r\n# a comment\r\nb%20c.mp3\r\nd.mp3\r\n#extinf:1\ne.mp3\nmore.pls\n")
	put(t, filepath.Join(dir, "more.pls"), "[playlist]\nTitle2=Second = two\nFile1=f.mp3\nFile2=file://"+dir+"/g.mp3\ntitle1 = First\nLength1=-1\n")
	l := New([]string{filepath.Join(dir, "list.m3u")}, false, time.Duration(0), Only(".mp3"), zap.NewNop())
	for name, want := range map[string]string{
		"a.mp3": "Artist - Title", "b c.mp3": "Björk - Jóga, live", "d.mp3": "", "e.mp3": "", "f.mp3": "First", "g.mp3": "Second = two", "h.mp3": "",
	} {
		if got := l.ListedTitle(filepath.Join(dir, name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !l.HasPlaylists() || New([]string{dir}, false, 0, Only(".mp3"), zap.NewNop()).HasPlaylists() {
		t.Error("playlists are not told from folders")
	}
}
