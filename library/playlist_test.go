package library

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestPlaylists(t *testing.T) {
	dir := music(t, "a.mp3", "sub/b.mp3", "sub/c d.mp3", "Café.mp3")
	put(t, filepath.Join(dir, "sub", "more.pls"), "[playlist]\nfile1=b.mp3\nTitle1=B\nFile2=file://"+dir+"/sub/c%20d.mp3\nNumberOfEntries=2\n")
	put(t, filepath.Join(dir, "sub", "up.M3U8"), "../a.mp3")
	for _, c := range []struct {
		name, text string
		want       []string
		told       string
	}{
		{"plain.m3u", "a.mp3\nsub/b.mp3\n", []string{"a.mp3", "sub/b.mp3"}, ""},
		{"absolute.m3u", dir + "/sub/b.mp3", []string{"sub/b.mp3"}, ""},
		{"dressed.m3u8", "\ufeff#EXTM3U\r\n#EXTINF:1,x\r\na.mp3\r\n\r\n  sub/b.mp3  \r\n", []string{"a.mp3", "sub/b.mp3"}, ""},
		{"latin.m3u", "Caf\xe9.mp3\n", []string{"Café.mp3"}, ""},
		{"windows.m3u", "sub\\b.mp3\r\n.\\a.mp3\r\n", []string{"sub/b.mp3", "a.mp3"}, ""},
		{"lists.m3u", "sub/more.pls\nsub/up.M3U8\n", []string{"sub/b.mp3", "sub/c d.mp3", "a.mp3"}, ""},
		{"address.m3u", "http://radio.example/live\na.mp3\n", []string{"a.mp3"}, "addresses are not played, such as http://radio.example/live"},
		{"missing.m3u", "nothere.mp3\nsub\na.mp3\n", []string{"a.mp3"}, "there is no file nothere.mp3; "},
		{"many.m3u", "a.mp3\n" + "x.mp3\nx.mp3\n" + names("%d.mp3\n", 40), []string{"a.mp3"}, "and 31 more"},
		{"loop.m3u", "loop.m3u\na.mp3\n", []string{"a.mp3", "a.mp3", "a.mp3", "a.mp3"}, "lists within lists end here"},
		{"empty.pls", "[playlist]\nNumberOfEntries=0\n", nil, ""},
	} {
		path := filepath.Join(dir, c.name)
		put(t, path, c.text)
		found, told := scan([]string{path})
		var got []string
		for _, path := range found.all() {
			got = append(got, relative(dir, string(path)))
		}
		found.close()
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if !strings.Contains(told, c.told) || (told == "") != (c.told == "") {
			t.Errorf("%s: told %q, want %q", c.name, told, c.told)
		}
	}
}

// Lists that name each other a thousand times over end.
func TestListsInListsAreBounded(t *testing.T) {
	dir := music(t, "a.mp3")
	put(t, filepath.Join(dir, "bomb.m3u"), strings.Repeat("bomb.m3u\n", 50)+"a.mp3\n")
	found, told := scan([]string{filepath.Join(dir, "bomb.m3u")})
	defer found.close()
	if found.n == 0 || found.n > mostLists || !strings.Contains(told, "more than 1000 lists") {
		t.Errorf("%d tracks, told %q", found.n, told)
	}
}

// names are a pattern filled with the numbers below n.
func names(pattern string, n int) (list string) {
	for i := range n {
		list += fmt.Sprintf(pattern, i)
	}
	return list
}

func relative(dir, path string) string {
	name, _ := filepath.Rel(dir, path)
	return name
}

// FuzzEntries: no list can break what reads it, and no name has a line end.
func FuzzEntries(f *testing.F) {
	f.Add([]byte("\ufeff#EXTM3U\r\na.mp3\r\n"), false)
	f.Add([]byte("[playlist]\nFile1=a.mp3\nfile2 = b.mp3\n"), true)
	f.Fuzz(func(t *testing.T, text []byte, pls bool) {
		for _, name := range entries(text, pls) {
			if name == "" || strings.ContainsAny(name, "\r\n\x00") {
				t.Fatalf("name %q", name)
			}
		}
	})
}
