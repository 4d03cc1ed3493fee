package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"relay/conf"
)

// toldOnce checks that the fault was logged once, and its end too.
func (r *running) toldOnce(t *testing.T) {
	t.Helper()
	for _, said := range []string{"cannot keep the history; the broadcast goes on", "the history is written again"} {
		if n := r.log.FilterMessage(said).Len(); n != 1 {
			t.Errorf("said %d times: %s", n, said)
		}
	}
}

// While a file cannot be used, entries wait; afterwards all of them are in it.
func TestTroubleEnds(t *testing.T) {
	tests := []struct {
		name    string
		damage  func(t *testing.T, file string)
		mend    func(t *testing.T, file string)
		trouble string
	}{
		{"a folder in its place", func(t *testing.T, file string) { must(t, os.Mkdir(file, 0o700)) },
			func(t *testing.T, file string) { must(t, os.Remove(file)) }, "is a directory"},
		{"no folder for it", func(t *testing.T, file string) { must(t, os.Remove(filepath.Dir(file))) },
			func(t *testing.T, file string) { must(t, os.Mkdir(filepath.Dir(file), 0o700)) }, "no such file or directory"},
		{"not a database", func(t *testing.T, file string) {
			must(t, os.WriteFile(file, []byte(strings.Repeat("this is not a database ", 1000)), 0o600))
		}, func(t *testing.T, file string) { must(t, os.Remove(file)) }, "not a database"},
		{"the database of another program", func(t *testing.T, file string) { change(t, file, `CREATE TABLE theirs (x)`) },
			func(t *testing.T, file string) { must(t, os.Remove(file)) }, "another program"},
		{"the file of a newer relay", func(t *testing.T, file string) { change(t, file, `PRAGMA user_version = 1000`) },
			func(t *testing.T, file string) { must(t, os.Remove(file)) }, "newer relay"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := conf.History{File: filepath.Join(t.TempDir(), "folder", "history.db"), HashIP: true}
			must(t, os.Mkdir(filepath.Dir(c.File), 0o700))
			tt.damage(t, c.File)
			r := start(t, c)
			r.Listened(stayed("1", 0, 10))
			eventually(t, "trouble", func() bool { return strings.Contains(r.Trouble(), tt.trouble) })
			if _, err := r.Listening(context.Background(), Span{}); err == nil || !strings.Contains(err.Error(), tt.trouble) {
				t.Errorf("a report says %v", err)
			}
			r.Listened(stayed("2", 0, 10))
			tt.mend(t, c.File)
			r.awaitSessions(t, 2)
			if trouble := r.Trouble(); trouble != "" {
				t.Errorf("trouble remains: %s", trouble)
			}
			r.toldOnce(t)
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// change runs a statement on a database from outside.
func change(t *testing.T, file, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	must(t, err)
	defer db.Close()
	_, err = db.Exec(statement)
	must(t, err)
}

func TestFullDisk(t *testing.T) {
	var space atomic.Int64 // pages
	space.Store(40)
	r := start(t, inFile(t), func(s *Store) {
		s.limit = func(db *sql.DB) error {
			_, err := db.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, space.Load()))
			return err
		}
	})
	for range 3000 {
		r.Listened(stayed("1", 0, 10))
	}
	eventually(t, "a full disk", func() bool { return strings.Contains(r.Trouble(), "full") })
	space.Store(100_000)
	r.awaitSessions(t, 3000)
	r.toldOnce(t)
}

// A deleted file is written again with all its contents, and that is logged.
func TestFileDeletedWhileRunning(t *testing.T) {
	for name, endings := range map[string][]string{
		"alone": {""}, "with what SQLite lays beside it": {"", "-wal", "-shm"}, "with its lock": {"", "-wal", "-shm", lockExt},
	} {
		t.Run(name, func(t *testing.T) {
			c := inFile(t)
			r := start(t, c)
			r.Listened(stayed("1", 0, 10))
			r.awaitSessions(t, 1)
			for _, ending := range endings {
				must(t, os.Remove(c.File+ending))
			}
			eventually(t, "the file", func() bool { _, err := os.Stat(c.File); return err == nil })
			eventually(t, "a word of it", func() bool { return r.log.FilterMessageSnippet("was deleted while in use").Len() == 1 })
			r.Listened(stayed("2", 0, 10))
			r.Listened(stayed("3", 0, 10))
			r.awaitSessions(t, 3)
			r.stop()
			again := start(t, c)
			again.awaitSessions(t, 3)
			entries, err := os.ReadDir(filepath.Dir(c.File))
			if err != nil || len(entries) > 5 {
				t.Errorf("left are %v, %v", entries, err)
			}
		})
	}
}

// If the file cannot be written again, the open one stays in use and keeps everything.
func TestFolderDeletedWhileRunning(t *testing.T) {
	c := conf.History{File: filepath.Join(t.TempDir(), "folder", "history.db"), HashIP: true}
	must(t, os.Mkdir(filepath.Dir(c.File), 0o700))
	r := start(t, c)
	r.Listened(stayed("1", 0, 10))
	r.awaitSessions(t, 1)
	must(t, os.RemoveAll(filepath.Dir(c.File)))
	eventually(t, "trouble", func() bool { return strings.Contains(r.Trouble(), "deleted, and cannot be written again") })
	r.Listened(stayed("2", 0, 10))
	r.awaitSessions(t, 2)
	if state := r.fault.State(); state.Since.IsZero() || state.Total == 0 {
		t.Errorf("the fault stands at %+v", state)
	}
	must(t, os.Mkdir(filepath.Dir(c.File), 0o700))
	eventually(t, "the file", func() bool { return r.Trouble() == "" && sizeOf(c.File) > 0 })
	r.Listened(stayed("3", 0, 10))
	r.awaitSessions(t, 3)
	r.toldOnce(t)
	r.stop()
	start(t, c).awaitSessions(t, 3)
}

// A database that replaces the file is used from then on.
func TestFileReplacedByADatabase(t *testing.T) {
	other := inFile(t)
	o := start(t, other)
	o.Listened(stayed("9", 0, 10))
	o.Listened(stayed("8", 0, 10))
	o.awaitSessions(t, 2)
	o.stop()
	c := inFile(t)
	r := start(t, c)
	r.Listened(stayed("1", 0, 10))
	r.awaitSessions(t, 1)
	must(t, os.Rename(other.File, c.File))
	eventually(t, "a word of it", func() bool { return r.log.FilterMessageSnippet("was replaced").Len() == 1 })
	r.awaitSessions(t, 2)
	r.Listened(stayed("2", 0, 10))
	r.awaitSessions(t, 3)
}

// An overwritten file is set aside, which is reported until somebody has moved it away.
// A new one is created, or the old one written again if possible.
func TestFileOverwrittenWhileRunning(t *testing.T) {
	garbage := []byte(strings.Repeat("this is no database ", 5000))
	overwrite := func(text []byte, at int64) func(*testing.T, string) {
		return func(t *testing.T, file string) {
			f, err := os.OpenFile(file, os.O_WRONLY, 0)
			must(t, err)
			defer f.Close()
			_, err = f.WriteAt(text, at)
			must(t, err)
		}
	}
	for name, tt := range map[string]struct {
		damage func(t *testing.T, file string)
		kept   int64 // sessions
	}{
		"from the start":    {overwrite(garbage, 0), 0},
		"its first bytes":   {overwrite([]byte("nothing"), 0), 0},
		"but for its start": {overwrite(garbage, 4096), 0},
		"with nothing":      {func(t *testing.T, file string) { must(t, os.Truncate(file, 0)) }, 0},
		"by another file": {func(t *testing.T, file string) {
			must(t, os.WriteFile(file+".new", garbage, 0o600))
			must(t, os.Rename(file+".new", file))
		}, 500},
		"by an empty file": {func(t *testing.T, file string) {
			must(t, os.Remove(file))
			must(t, os.WriteFile(file, nil, 0o600))
		}, 500},
	} {
		t.Run(name, func(t *testing.T) {
			c := inFile(t)
			r := start(t, c)
			for range 500 {
				r.Listened(stayed("1", 0, 10))
			}
			r.awaitSessions(t, 500)
			_, err := r.opened(t).Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
			must(t, err)
			r.opened(t).read.SetMaxIdleConns(0) // idle connections would have cached pages
			tt.damage(t, c.File)
			aside := func() []string {
				found, _ := filepath.Glob(c.File + ".damaged-*Z")
				return found
			}
			eventually(t, "the damaged file to be set aside", func() bool {
				r.Listening(context.Background(), Span{}) // a report is requested
				return len(aside()) == 1 && strings.Contains(r.Trouble(), "set aside")
			})
			r.Listened(stayed("2", 0, 10))
			r.awaitSessions(t, tt.kept+1)
			if n := r.log.FilterMessageSnippet("is damaged: it was set aside").Len(); n != 1 {
				t.Errorf("said %d times that the file is damaged", n)
			}
			if state := r.fault.State(); !state.Since.IsZero() {
				t.Errorf("the fault stands at %+v", state)
			}
			r.stop()
			again := start(t, c)
			again.awaitSessions(t, tt.kept+1)
			eventually(t, "the message after a restart", func() bool { return strings.Contains(again.Trouble(), filepath.Base(aside()[0])) })
			for _, file := range aside() {
				must(t, os.Remove(file))
			}
			eventually(t, "the end of the message", func() bool { return again.Trouble() == "" })
		})
	}
}

func TestLockedByAnotherProgram(t *testing.T) {
	c := inFile(t)
	r := start(t, c)
	r.Listened(stayed("1", 0, 10))
	r.awaitSessions(t, 1)
	db, err := sql.Open("sqlite", c.File+"?_txlock=immediate")
	must(t, err)
	defer db.Close()
	tx, err := db.Begin()
	must(t, err)
	r.Listened(stayed("2", 0, 10))
	eventually(t, "trouble", func() bool { return strings.Contains(r.Trouble(), "locked") })
	must(t, tx.Rollback())
	r.awaitSessions(t, 2)
}

func TestFolderThatMustNotBeWrittenTo(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("nothing keeps root from writing")
	}
	c := inFile(t)
	must(t, os.Chmod(filepath.Dir(c.File), 0o500))
	r := start(t, c)
	eventually(t, "trouble", func() bool { return strings.Contains(r.Trouble(), "permission denied") })
	must(t, os.Chmod(filepath.Dir(c.File), 0o700))
	r.Listened(stayed("1", 0, 10))
	r.awaitSessions(t, 1)
}

// A disk that never answers delays neither the callers nor the shutdown.
func TestDiskThatHangs(t *testing.T) {
	answer := make(chan struct{})
	hanging := make(chan struct{})
	gone := make(chan struct{})
	r := start(t, inFile(t), func(s *Store) {
		s.goodbye = time.Millisecond
		s.open = func() (*database, error) {
			defer close(gone)
			close(hanging)
			<-answer
			return nil, errors.New("too late")
		}
	})
	defer func() {
		close(answer)
		<-gone
	}()
	<-hanging
	for range queued + 1 {
		r.Listened(stayed("1", 0, 10))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := r.Listening(ctx, Span{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a report says %v", err)
	}
	if trouble := r.Trouble(); trouble != "" {
		t.Errorf("trouble before there was time to answer: %s", trouble)
	}
	r.asked.Add(-2 * answerWithin.Nanoseconds())
	if trouble := r.Trouble(); trouble != "the disk does not answer" {
		t.Errorf("trouble is %q", trouble)
	}
	r.stop()
	if n := r.log.FilterMessageSnippet("does not answer").Len(); n != 1 {
		t.Errorf("%d lines say that the disk does not answer", n)
	}
	if lost := r.log.FilterMessageSnippet("could not keep up").All(); len(lost) != 1 {
		t.Errorf("said of lost entries: %v", lost)
	}
}
