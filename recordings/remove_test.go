package recordings

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"relay/internal/filelock"
)

func TestRemove(t *testing.T) {
	r, dir := cataloguer(t)
	outside := filepath.Join(t.TempDir(), "secret")
	for _, path := range []string{
		outside, filepath.Join(dir, "live-2026-01-02T03-04-05Z.mp3"), filepath.Join(dir, "live-2026-01-02T03-04-05Z.cue"),
		filepath.Join(dir, "live-2026-02-02T03-04-05Z.mp3"), filepath.Join(dir, "live-2026-02-02T03-04-05Z.cue"),
		filepath.Join(dir, "live-2-2026-01-02T03-04-05Z.mp3"), filepath.Join(dir, "live-notes.mp3"), filepath.Join(dir, "live-2026-04-02T03-04-05Z.mp3"),
	} {
		if err := os.WriteFile(path, []byte("audio"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "live-2026-03-02T03-04-05Z.mp3")); err != nil {
		t.Fatal(err)
	}
	m := r.Conf.Config().Mount("/live")
	store, leave := r.enter(&m)
	defer leave()
	running := "live-2026-04-02T03-04-05Z"
	store.writing.Store(&running)
	for _, tt := range []struct {
		mount, name string
		want        error
	}{
		{"/live", "live-2026-01-02T03-04-05Z.mp3", nil},
		{"/live", "live-2026-01-02T03-04-05Z.mp3", fs.ErrNotExist},
		{"/live", "live-2026-01-02T03-04-05Z.cue", fs.ErrNotExist},
		{"/live", "live-2026-02-02T03-04-05Z.cue", nil},
		{"/live", "live-2026-03-02T03-04-05Z.mp3", fs.ErrNotExist}, // a link
		{"/live", "live-2026-04-02T03-04-05Z.mp3", ErrRunning},
		{"/live", "live-2-2026-01-02T03-04-05Z.mp3", fs.ErrNotExist},
		{"/live", "live-notes.mp3", fs.ErrNotExist},
		{"/live", "../secret", fs.ErrNotExist},
		{"/live", "", fs.ErrNotExist},
		{"/other", "live-2026-04-02T03-04-05Z.mp3", fs.ErrNotExist},
	} {
		if err := r.Remove(tt.mount, tt.name); !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%s of %s: %v, want %v", tt.name, tt.mount, err, tt.want)
		}
	}
	var left []string
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.Type().IsRegular() && entry.Name()[0] != '.' {
			left = append(left, entry.Name())
		}
	}
	want := []string{"live-2-2026-01-02T03-04-05Z.mp3", "live-2026-04-02T03-04-05Z.mp3", "live-notes.mp3"}
	if !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error("a file of another folder is gone")
	}
}

// Another server may be writing the file.
func TestRemoveInTheFolderOfAnother(t *testing.T) {
	r, dir := cataloguer(t)
	path := filepath.Join(dir, "live-2026-01-02T03-04-05Z.mp3")
	if err := os.WriteFile(path, []byte("audio"), 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := filelock.TakeFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if err := r.Remove("/live", filepath.Base(path)); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
