package ingest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestFileTitles(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "Some Artist - Some Song.mp3")
	if err := os.WriteFile(plain, []byte("no tag"), 0o600); err != nil {
		t.Fatal(err)
	}
	for track, want := range map[FileTrack]string{
		"../frames/testdata/tags-64-44100-stereo.mp3": "Artist - Title", // ID3v2
		FileTrack(plain):                   "Some Artist - Some Song",
		FileTrack(dir + "/vanished.mp3"):   "vanished",
		FileTrack(dir + "/no.extension.x"): "no.extension",
	} {
		if got := track.Title().Text; got != want {
			t.Errorf("%s: %q, want %q", track, got, want)
		}
	}
}

func TestFindTracks(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.mp3", "a.MP3", "sub/c.mp3", "cover.jpg", "odd.name"} {
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o700)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tracks, err := FindTracks([]string{dir, filepath.Join(dir, "absent"), filepath.Join(dir, "odd.name")})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the absent path: %v", err)
	}
	var got []string
	for _, track := range tracks {
		name, _ := filepath.Rel(dir, track.String())
		got = append(got, name)
	}
	want := []string{"a.MP3", "b.mp3", "sub/c.mp3", "odd.name"} // a file that is named is taken whatever it is called
	if len(got) != len(want) {
		t.Fatalf("%q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
