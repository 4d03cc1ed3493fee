package autodj

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"relay/ingest/autodj/library"
	"relay/mounts"
)

func TestRota(t *testing.T) {
	dir, jingles := t.TempDir(), t.TempDir()
	for _, path := range []string{dir + "/a.mp3", dir + "/b.mp3", dir + "/c.mp3", jingles + "/jingle.mp3"} {
		if err := os.WriteFile(path, tone("", 20).MP3, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := &Rotation{
		Library:     library.New([]string{dir}, false, 0, library.Only(".mp3"), zap.NewNop()),
		Jingles:     library.New([]string{jingles}, true, 0, library.Only(".mp3"), zap.NewNop()),
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
	for range maxQueue {
		r.Queue("a.mp3")
	}
	if err := r.Queue("a.mp3"); err != errQueueFull {
		t.Errorf("a queue without an end: %v", err)
	}
	if title := JingleTrack(jingles + "/jingle.mp3").Title(""); title != (mounts.Title{}) {
		t.Errorf("a jingle without a tag has the title %q", title.Text)
	}
}

// Files that cannot be played are neither announced nor queued.
func TestComingCanBePlayed(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("a empty.mp3", nil)
	put("b corrupt.mp3", []byte(strings.Repeat("no music", 10_000)))
	put("c vorbis.mp3", []byte("OggS\x00\x02"+strings.Repeat("\x00", 22)+"\x01vorbis"))
	put("d.mp3", tone("", 20).MP3)
	put("e tag.mp3", []byte("ID3\x04\x00\x00\x00\x00\x00\x04abcd"))
	put("f.mp3", tone("", 20).MP3)
	r := &Rotation{Library: library.New([]string{dir}, false, 0, library.Only(".mp3"), zap.NewNop()), Charset: func() string { return "" }}
	for range 6 { // a round, so that the next one is known
		r.Next()
	}
	r.Library.Next()
	coming := func(want string) {
		t.Helper()
		var got []string
		for _, c := range r.Coming() {
			got = append(got, c.File)
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("coming are %q, want %q", got, want)
		}
	}
	coming("d.mp3 f.mp3")
	for _, name := range []string{"a empty.mp3", "b corrupt.mp3", "c vorbis.mp3", "e tag.mp3"} {
		if err := r.Queue(name); err == nil || !strings.HasPrefix(err.Error(), name+" cannot be played: it ") {
			t.Errorf("%s is lined up: %v", name, err)
		}
	}
	put("b corrupt.mp3", tone("", 30).MP3) // now it can be played
	put("f.mp3", []byte("broken by now"))
	coming("b corrupt.mp3 d.mp3")
	if err := r.Queue("b corrupt.mp3"); err != nil {
		t.Error(err)
	}
}
