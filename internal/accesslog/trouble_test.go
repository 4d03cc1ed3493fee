package accesslog

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

// running is two running logs, with their files in a folder.
type running struct {
	*Logs
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
	r.Logs = New(c, zap.New(core))
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

// read returns the contents of a file; "" if there is none.
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

// writeLine writes a line of the access log, and waits until it is in the file or lost.
func (r *running) writeLine(t *testing.T) {
	t.Helper()
	dealtWith := func() int64 { return r.access.missing.Load() + int64(strings.Count(r.read(accessLog), "\n")) }
	before := dealtWith()
	r.End(r.Begin(listener(nil)), 200, 1)
	eventually(t, "the line", func() bool { return dealtWith() > before })
	eventually(t, "the writer", func() bool { return r.access.asked.Load() == 0 })
}

const accessLog = "sub/access.log"

// A log that cannot be written is reported once, even if lines of the other log are
// written in between.
func TestEachLogHasItsOwnTrouble(t *testing.T) {
	r := start(t, 1<<20)
	if err := os.Remove(r.path("sub")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.path("sub"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		r.writeLine(t)
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
	r.writeLine(t)
	eventually(t, "the end of the trouble", func() bool { return r.said("is written again") == 1 })
	if access, _ := r.Files(); access.Trouble != "" || strings.Count(r.read(accessLog), "\n") != 1 {
		t.Errorf("trouble %q, and the log %q", access.Trouble, r.read(accessLog))
	}
	if r.said("cannot write") != 1 || r.said("is written again") != 1 {
		t.Errorf("the log says %v", r.log.All())
	}
	if ended := r.log.FilterMessageSnippet("is written again").All()[0].ContextMap(); ended["lost lines"] != int64(20) || ended["log"] != "access" {
		t.Errorf("said of the end: %v", ended)
	}
}

// A file that is removed or moved away is created again, and no line is lost in the old
// one.
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
		r.writeLine(t)
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
	if n := r.said("a new one was started"); n != 2 {
		t.Errorf("said %d times", n)
	}
}

// After a file was cut short, lines are appended at its end rather than at the old
// offset, and its new size counts against rotate_size.
func TestAFileThatIsCutShort(t *testing.T) {
	r := start(t, 1<<20)
	for range 3 {
		r.writeLine(t)
		if err := os.Truncate(r.path(accessLog), 0); err != nil {
			t.Fatal(err)
		}
		r.End(r.Begin(listener(nil)), 200, 1)
		eventually(t, "a line", func() bool { return strings.Count(r.read(accessLog), "\n") == 1 })
		if text := r.read(accessLog); strings.ContainsRune(text, 0) {
			t.Errorf("it begins with zeros: %q", text)
		}
	}
	if n := r.said("a new one was started"); n != 0 {
		t.Errorf("said %d times", n)
	}
}

// A file that cannot be rotated grows on, and that is reported.
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
		r.writeLine(t)
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

// A disk that does not answer counts as a fault even before an operation fails.
func TestADiskThatHangsIsTrouble(t *testing.T) {
	b := newLogFile("access", "access.log", conf.Default().Log, zap.NewNop())
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
