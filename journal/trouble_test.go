package journal

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
)

// running is a journal at work, with two files in a folder.
type running struct {
	*Journal
	dir string
	log *observer.ObservedLogs
}

func start(t *testing.T, rotateSize conf.Size) *running {
	t.Helper()
	r := &running{dir: t.TempDir()}
	core, log := observer.New(zap.DebugLevel)
	r.log = log
	c := conf.Default().Log
	c.AccessFile, c.PlaylistFile, c.RotateSize = r.path("sub/access.log"), r.path("playlist.log"), rotateSize
	if err := os.Mkdir(r.path("sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.Journal = New(c, zap.New(core))
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.Run(ctx)
	}()
	t.Cleanup(func() {
		end()
		<-ended
	})
	return r
}

func (r *running) path(name string) string { return filepath.Join(r.dir, name) }

// read returns what a file holds; nothing where there is none.
func (r *running) read(name string) string {
	text, _ := os.ReadFile(r.path(name))
	return string(text)
}

func (r *running) said(text string) int { return r.log.FilterMessageSnippet(text).Len() }

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// visit writes a line of the access log, and waits until it is in the file or lost.
func (r *running) visit(t *testing.T) {
	t.Helper()
	dealtWith := func() int64 { return r.access.missing.Load() + int64(strings.Count(r.read(accessLog), "\n")) }
	before := dealtWith()
	r.End(r.Begin(listener(nil)), 200, 1)
	eventually(t, "the line", func() bool { return dealtWith() > before })
	eventually(t, "the writer", func() bool { return r.access.asked.Load() == 0 })
}

const accessLog = "sub/access.log"

// One log that cannot be written is told of once, also between lines of the other,
// which is kept.
func TestEachLogHasItsOwnTrouble(t *testing.T) {
	r := start(t, 1<<20)
	if err := os.Remove(r.path("sub")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.path("sub"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		r.visit(t)
		r.Title("/live", 1, fmt.Sprint("Title ", n))
	}
	eventually(t, "the titles", func() bool { return strings.Count(r.read("playlist.log"), "\n") == 20 })
	access, playlist := r.Files()
	if !strings.Contains(access.Trouble, "directory") || playlist.Trouble != "" || access.File != r.path(accessLog) {
		t.Errorf("trouble is %+v and %+v", access, playlist)
	}
	if s := r.access.state(); s.Total != 20 || s.Since.IsZero() || r.playlist.state().Total != 0 {
		t.Errorf("states %+v, %+v", s, r.playlist.state())
	}
	if err := os.Remove(r.path("sub")); err != nil {
		t.Fatal(err)
	}
	r.visit(t)
	eventually(t, "the end of the trouble", func() bool { return r.said("is written again") == 1 })
	if access, _ := r.Files(); access.Trouble != "" || strings.Count(r.read(accessLog), "\n") != 1 {
		t.Errorf("trouble %q, and the log %q", access.Trouble, r.read(accessLog))
	}
	if r.said("cannot write") != 1 || r.said("is written again") != 1 {
		t.Errorf("the log says %v", r.log.All())
	}
	if ended := r.log.FilterMessageSnippet("is written again").All()[0].ContextMap(); ended["lost lines"] != int64(20) || ended["journal"] != "access" {
		t.Errorf("said of the end: %v", ended)
	}
}

// What is removed or moved away is begun anew, and no line goes where nobody looks.
func TestAFileThatIsRemovedIsBegunAnew(t *testing.T) {
	r := start(t, 1<<20)
	for name, remove := range map[string]func() error{
		"removed": func() error { return os.Remove(r.path(accessLog)) },
		"moved":   func() error { return os.Rename(r.path(accessLog), r.path("access.log.1")) },
		"replaced": func() error {
			os.Remove(r.path(accessLog))
			return os.WriteFile(r.path(accessLog), nil, 0o600)
		},
	} {
		r.visit(t)
		before := strings.Count(r.read(accessLog), "\n")
		if err := remove(); err != nil || before == 0 {
			t.Fatalf("%d lines, %v", before, err)
		}
		r.End(r.Begin(listener(nil)), 200, 1)
		r.End(r.Begin(listener(nil)), 200, 1)
		eventually(t, "two lines", func() bool { return strings.Count(r.read(accessLog), "\n") == 2 })
		if n := strings.Count(r.read(accessLog), "\n"); n != 2 {
			t.Errorf("%s: %d lines in the new file", name, n)
		}
	}
	if n := r.said("begun anew"); n != 2 {
		t.Errorf("said %d times", n)
	}
}

// Where a file cannot be begun anew it grows on, and that is told.
func TestAFileThatCannotBeRotatedGrowsOn(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("nothing keeps root from renaming")
	}
	r := start(t, 1<<20)
	if err := os.WriteFile(r.path(accessLog), []byte(strings.Repeat("a line of before\n", 1<<16)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(r.path("sub"), 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(r.path("sub"), 0o700)
	for range 3 {
		r.visit(t)
	}
	if n := strings.Count(r.read(accessLog), "\n"); n != 1<<16+3 {
		t.Errorf("%d lines", n)
	}
	if access, _ := r.Files(); access.Trouble == "" || r.access.missing.Load() != 0 {
		t.Errorf("trouble is %q, %d lines are lost", access.Trouble, r.access.missing.Load())
	}
	if err := os.Chmod(r.path("sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.End(r.Begin(listener(nil)), 200, 1)
	eventually(t, "a new file", func() bool { return strings.Count(r.read(accessLog), "\n") == 1 })
	if access, _ := r.Files(); access.Trouble != "" || strings.Count(r.read(accessLog), "\n") != 1 {
		t.Errorf("trouble is %q, and the new file %q", access.Trouble, r.read(accessLog))
	}
}

// A disk that does not answer is trouble, though nothing has failed yet.
func TestADiskThatHangsIsTrouble(t *testing.T) {
	b := newBook("access", "access.log", conf.Default().Log, zap.NewNop())
	b.began = time.Now().Add(-time.Hour)
	b.asked.Store(int64(time.Hour - 2*answerWithin))
	if s := b.state(); s.Text != "the disk does not answer" || s.Since.IsZero() {
		t.Errorf("state %+v", s)
	}
	b.asked.Store(0)
	if s := b.state(); s.Text != "" || !s.Since.IsZero() {
		t.Errorf("state %+v", s)
	}
}
