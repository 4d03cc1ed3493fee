package ingest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"relay/library"
	"relay/mounts"
)

func TestRota(t *testing.T) {
	dir, jingles := t.TempDir(), t.TempDir()
	for _, path := range []string{dir + "/a.mp3", dir + "/b.mp3", dir + "/c.mp3", jingles + "/jingle.mp3"} {
		if err := os.WriteFile(path, []byte("no tag"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := &Rota{
		Library:     library.New([]string{dir}, false, 0, zap.NewNop()),
		Jingles:     library.New([]string{jingles}, true, 0, zap.NewNop()),
		JingleEvery: 2,
		Charset:     func() string { return "" },
	}
	broken := ""
	plays := func(want string) {
		t.Helper()
		var names []string
		for range strings.Fields(want) {
			track, ok := r.Next()
			if !ok {
				t.Fatal("nothing to play")
			}
			name := strings.TrimSuffix(filepath.Base(track.String()), ".mp3")
			names = append(names, name)
			if name != broken {
				r.Heard(track)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("plays %s, want %s", got, want)
		}
	}
	coming := func(want string) {
		t.Helper()
		var got []string
		for _, c := range r.Coming() {
			if c.Queued {
				c.File = "(" + c.File + ")"
			}
			got = append(got, c.File+":"+c.Text)
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("coming are %s, want %s", got, want)
		}
	}
	plays("a b jingle c a")
	coming("b.mp3:b c.mp3:c")
	for _, name := range []string{"c.mp3", filepath.Join(dir, "a.mp3")} {
		if err := r.Queue(name); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"../../etc/passwd", "/etc/passwd", "absent.mp3", "", jingles + "/jingle.mp3"} {
		if err := r.Queue(name); err == nil {
			t.Errorf("%q is queued", name)
		}
	}
	coming("(c.mp3):c (a.mp3):a b.mp3:b c.mp3:c")
	plays("jingle c a jingle b")
	r.Queue("a.mp3")
	r.ClearQueue()
	broken = "a"
	plays("c jingle a b c jingle a")
	for range longestQueue {
		r.Queue("a.mp3")
	}
	if err := r.Queue("a.mp3"); err != errQueueFull {
		t.Errorf("a queue without an end: %v", err)
	}
	if title := JingleTrack(jingles + "/jingle.mp3").Title(""); title != (mounts.Title{}) {
		t.Errorf("a jingle without a tag has the title %q", title.Text)
	}
}
