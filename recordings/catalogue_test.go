package recordings

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/clock"
	"relay/mounts"
)

// cataloguer returns a recorder of two mounts in one folder.
func cataloguer(t *testing.T) (r *Recorder, dir string) {
	t.Helper()
	dir = t.TempDir()
	c := conf.Default()
	for _, name := range []string{"/live", "/live-2"} {
		c.Mounts = append(c.Mounts, conf.Mount{Name: name, RecordDir: dir})
	}
	live := conf.NewLive(c)
	return NewRecorder(mounts.NewRegistry(live, nil, zap.NewNop()), live, clock.New(zap.NewNop()), zap.NewNop()), dir
}

func TestFilesAreThoseOfTheMount(t *testing.T) {
	r, dir := cataloguer(t)
	outside := filepath.Join(t.TempDir(), "secret")
	for _, name := range []string{
		"live-2026-01-02T03-04-05Z.mp3", "live-2026-01-02T03-04-05Z.cue", "live-2026-02-02T03-04-05Z.mp3",
		"live-2-2026-01-02T03-04-05Z.mp3", "live-notes.mp3", "live-2026-01-02T03-04-05Z.txt",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "live-2026-03-02T03-04-05Z.mp3")); err != nil {
		t.Fatal(err)
	}
	files, err := r.Files("/live")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	want := []string{"live-2026-02-02T03-04-05Z.mp3", "live-2026-01-02T03-04-05Z.mp3", "live-2026-01-02T03-04-05Z.cue"}
	if len(names) != len(want) || names[0] != want[0] || names[1] != want[1] || names[2] != want[2] {
		t.Errorf("%q, want %q", names, want)
	}
	if at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC); !files[1].Begun.Equal(at) || files[1].Size != int64(len(want[1])) || files[1].Running {
		t.Errorf("%+v", files[1])
	}

	f, err := r.Open("/live", want[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if text, _ := io.ReadAll(f); string(text) != want[0] {
		t.Errorf("opened %q", text)
	}
	for _, name := range []string{
		"", ".", "..", "../secret", "live-2-2026-01-02T03-04-05Z.mp3", "live-notes.mp3", "live-2026-01-02T03-04-05Z.txt",
		"live-2026-09-02T03-04-05Z.mp3", "live-2026-03-02T03-04-05Z.mp3", dir + "/" + want[0], "./" + want[0],
	} {
		f, err := r.Open("/live", name)
		if err == nil {
			f.Close()
			t.Errorf("%q was opened", name)
		}
	}
	if _, err := r.Open("/other", want[0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a mount that is not recorded: %v", err)
	}
}

func TestTheRunningRecordingIsMarked(t *testing.T) {
	r, _ := cataloguer(t)
	m := r.Conf.Config().Mount("/live")
	a := &archive{store: r.store(&m), health: r.health("/x"), log: zap.NewNop()}
	a.write(taken(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "One", 1, 10))
	running := func() (n int) {
		files, err := r.Files("/live")
		if err != nil || len(files) != 2 {
			t.Fatalf("%d files: %v", len(files), err)
		}
		for _, f := range files {
			if f.Running {
				n++
			}
		}
		return n
	}
	if n := running(); n != 2 {
		t.Errorf("%d files are being written", n)
	}
	a.close()
	if n := running(); n != 0 {
		t.Errorf("%d files are being written after the end", n)
	}
}
