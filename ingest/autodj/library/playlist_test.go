package library

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestPlaylists(t *testing.T) {
	dir := music(t, "a.mp3", "sub/b.mp3", "sub/c d.mp3", "Café.mp3", "Am\u0061\u0301lia.mp3", "100% sure.mp3", "is%20this.mp3", "is this.mp3", "a;b#c?d&e.mp3")
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
		{"uri.m3u", "sub/c%20d.mp3\nCaf%C3%A9.mp3\nCaf%e9.mp3\n%61.mp3\n", []string{"sub/c d.mp3", "Café.mp3", "Café.mp3", "a.mp3"}, ""},
		{"uri-marks.m3u", "a%3Bb%23c%3fd%26e.mp3\na;b#c?d&e.mp3\n", []string{"a;b#c?d&e.mp3", "a;b#c?d&e.mp3"}, ""},
		{"uri-windows.m3u", "sub%5Cc%20d.mp3\nsub\\c%20d.mp3\n", []string{"sub/c d.mp3", "sub/c d.mp3"}, ""},
		{"uri-absolute.m3u", dir + "/sub/c%20d.mp3\n", []string{"sub/c d.mp3"}, ""},
		{"uri-file.m3u", "file://" + dir + "/Caf%e9.mp3\nFILE://localhost" + dir + "/a.mp3\nfile:" + dir + "/sub/c%20d.mp3\nfile://sub/c%20d.mp3\nfile:a.mp3\nfile://a.mp3\n",
			[]string{"Café.mp3", "a.mp3", "sub/c d.mp3", "sub/c d.mp3", "a.mp3", "a.mp3"}, ""},
		{"uri.pls", "[playlist]\nFile1=sub/c%20d.mp3\n", []string{"sub/c d.mp3"}, ""},
		{"percent.m3u", "100% sure.mp3\n100%25%20sure.mp3\n100%%20sure.mp3\n", []string{"100% sure.mp3", "100% sure.mp3", "100% sure.mp3"}, ""},
		{"as-written-first.m3u", "is%20this.mp3\nis this.mp3\nis%2520this.mp3\n", []string{"is%20this.mp3", "is this.mp3", "is%20this.mp3"}, ""},
		{"mac.m3u", "Caf\u0065\u0301.mp3\nAm\u00e1lia.mp3\nAm%C3%A1lia.mp3\n", []string{"Café.mp3", "Am\u0061\u0301lia.mp3", "Am\u0061\u0301lia.mp3"}, ""},
		{"bad-uri.m3u", "%00.mp3\n%zz.mp3\nfile:\nfile://\na.mp3\n", []string{"a.mp3"}, "there is no file %00.mp3"},
		{"address.m3u", "http://radio.example/live\na.mp3\n", []string{"a.mp3"}, "addresses are not played, such as http://radio.example/live"},
		{"missing.m3u", "nothere.mp3\nsub\na.mp3\n", []string{"a.mp3"}, "there is no file nothere.mp3; "},
		{"many.m3u", "a.mp3\n" + "x.mp3\nx.mp3\n" + names("%d.mp3\n", 40), []string{"a.mp3"}, "and 31 more"},
		{"loop.m3u", "loop.m3u\na.mp3\n", []string{"a.mp3", "a.mp3", "a.mp3", "a.mp3"}, "lists within lists end here"},
		{"empty.pls", "[playlist]\nNumberOfEntries=0\n", nil, ""},
	} {
		path := filepath.Join(dir, c.name)
		put(t, path, c.text)
		found, told, _ := scan([]string{path}, Only(".mp3"))
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

// Playlists that name each other a thousand times over come to an end.
func TestListsInListsAreBounded(t *testing.T) {
	dir := music(t, "a.mp3")
	put(t, filepath.Join(dir, "bomb.m3u"), strings.Repeat("bomb.m3u\n", 50)+"a.mp3\n")
	found, told, _ := scan([]string{filepath.Join(dir, "bomb.m3u")}, Only(".mp3"))
	defer found.close()
	if found.n == 0 || found.n > maxLists || !strings.Contains(told, "more than 1000 lists") {
		t.Errorf("%d tracks, told %q", found.n, told)
	}
}

// names fills a pattern with each number below n.
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

// FuzzEntries: no playlist makes the parser fail, and no name has a line end.
func FuzzEntries(f *testing.F) {
	f.Add([]byte("\ufeff#EXTM3U\r\na.mp3\r\n"), false)
	f.Add([]byte("[playlist]\nFile1=a.mp3\nfile2 = b.mp3\n"), true)
	f.Fuzz(func(t *testing.T, text []byte, pls bool) {
		for _, e := range entries(text, pls) {
			name := e.name
			if len(e.title) > maxListed || strings.ContainsAny(e.title, "\r\n") {
				t.Errorf("the title %q", e.title)
			}
			if name == "" || strings.ContainsAny(name, "\r\n\x00") {
				t.Fatalf("name %q", name)
			}
		}
	})
}

// FuzzSpellings: the literal name comes first, and no name has very many spellings.
func FuzzSpellings(f *testing.F) {
	f.Add("sub\\c%20d.mp3")
	f.Add("file://localhost/Caf%e9.mp3")
	f.Add("Cafe\u0301\\%e9%5c.mp3")
	f.Fuzz(func(t *testing.T, name string) {
		list := spellings(name)
		if len(list) == 0 || len(list) > 64 || !isFileAddress(name) && list[0] != name {
			t.Errorf("%d spellings, %q", len(list), list)
		}
	})
}
