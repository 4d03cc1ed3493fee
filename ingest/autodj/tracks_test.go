package autodj

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestListedTitleIsThatOfAFileWithoutTags(t *testing.T) {
	listed := func(path, title string) string {
		return ListedTrack{FileTrack(path), func() string { return title }}.Title("windows-1251").Text
	}
	plain := filepath.Join(t.TempDir(), "plain.mp3")
	if err := os.WriteFile(plain, []byte("no tags"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, title, want string }{
		{plain, "Artist - Title", "Artist - Title"},
		{plain, "\xcc\xf3\xe7\xfb\xea\xe0", "Музыка"},
		{plain, "", "plain"},
		{"../../codec/mp3/testdata/tags-64-44100-stereo.mp3", "Of the list", "Artist - Title"},
	} {
		if got := listed(tt.path, tt.title); got != tt.want {
			t.Errorf("%s, listed as %q: %q, want %q", tt.path, tt.title, got, tt.want)
		}
	}
}

func TestFileTitles(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "Some Artist - Some Song.mp3")
	if err := os.WriteFile(plain, []byte("no tag"), 0o600); err != nil {
		t.Fatal(err)
	}
	for track, want := range map[FileTrack]string{
		"../../codec/mp3/testdata/tags-64-44100-stereo.mp3": "Artist - Title", // ID3v2
		FileTrack(plain):                   "Some Artist - Some Song",
		FileTrack(dir):                     filepath.Base(dir),
		FileTrack(dir + "/vanished.mp3"):   "vanished",
		FileTrack(dir + "/no.extension.x"): "no.extension",
	} {
		if got := track.Title("").Text; got != want {
			t.Errorf("%s: %q, want %q", track, got, want)
		}
	}
}

// Only files are opened: opening a pipe would block.
func TestOnlyFilesAreOpened(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe.mp3")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := FileTrack(pipe).Open(); err == nil || FileTrack(pipe).Title("").Text != "pipe" {
		t.Error("a pipe is opened")
	}
	if file, err := FileTrack(t.TempDir()).Open(); err == nil {
		file.Close()
		t.Error("a folder is opened")
	}
	if file, err := FileTrack("/dev/zero").Open(); err == nil {
		file.Close()
		t.Error("a device is opened")
	}
}
