package faults

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/e2e/harness"
	"relay/history"
)

// archived is a station's past: recordings and a history of the last two days.
type archived struct{ recordings, history string }

const (
	archivedRecordings = 27
	archivedSessions   = 42
)

func archive(t *testing.T) archived {
	t.Helper()
	a := archived{t.TempDir(), filepath.Join(t.TempDir(), "history.db")}
	for i := range archivedRecordings {
		ended := time.Now().Add(-time.Duration(i) * 100 * time.Minute)
		path := filepath.Join(a.recordings, "live-"+ended.Add(-time.Hour).UTC().Format("2006-01-02T15-04-05Z")+".mp3")
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, ended, ended); err != nil {
			t.Fatal(err)
		}
	}
	a.withHistory(t, func(past *history.Store) {
		for i := range archivedSessions {
			past.Sourced(history.Session{Mount: "/live", Kind: "live", Since: time.Now().Add(-time.Duration(i+1) * time.Hour), Stayed: time.Minute})
		}
	})
	return a
}

// toml has both kept for two days.
func (a archived) toml() string {
	return configuration + fmt.Sprintf("record_dir = %q\nrecord_keep = '48h'\n[history]\nfile = %q\nkeep = '48h'\n", a.recordings, a.history)
}

// withHistory does something with the history while no server has it.
func (a archived) withHistory(t *testing.T, do func(past *history.Store)) {
	t.Helper()
	past := history.New(conf.History{File: a.history, HashIP: true}, zap.NewNop())
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		past.Run(ctx)
	}()
	do(past)
	end()
	<-ended
}

// isWhole checks that nothing of it was deleted.
func (a archived) isWhole(t *testing.T) {
	t.Helper()
	a.hasRecordings(t)
	a.withHistory(t, func(past *history.Store) {
		sessions, err := past.Sources(context.Background(), history.Span{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, s := range sessions {
			if s.Seconds == 60 && s.Addr == "" {
				n++
			}
		}
		if n < archivedSessions {
			t.Errorf("the history has %d of %d sessions", n, archivedSessions)
		}
	})
}

func (a archived) hasRecordings(t *testing.T) {
	t.Helper()
	n := 0
	entries, err := os.ReadDir(a.recordings)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Size() == 1 {
			n++
		}
	}
	if n < archivedRecordings {
		t.Errorf("%d of %d recordings are there", n, archivedRecordings)
	}
}

// says waits until the log has said something so often.
func says(t *testing.T, r *harness.Relay, what string, times int) {
	t.Helper()
	harness.Eventually(t, "the log to say "+what, func() bool { return strings.Count(r.Log.String(), what) >= times })
}

// A clock that is wrong at a start, or is set wrong, deletes nothing of the past,
// and no listener notices.
func TestWrongClock(t *testing.T) {
	t.Parallel()
	const wrong = 400 * 24 * time.Hour
	const doubted = "deleting what is old is held back"
	a := archive(t)
	clock := harness.NewDayClock(t)

	// The first start of all is by a wrong clock.
	clock.Set(t, wrong)
	r := clock.Start(t, a.toml())
	s := open(t, r)
	says(t, r, doubted, 2) // of the recordings, and of the history
	clock.Set(t, 0)
	says(t, r, "the clock was set back", 1)
	r.Cmd.Process.Signal(syscall.SIGHUP) // upon which old recordings are looked for
	says(t, r, "deleting what is old is no longer held back", 1)
	a.hasRecordings(t)
	s.changesHands(t)

	// It is set wrong while the server runs, which is then killed.
	clock.Set(t, wrong)
	says(t, r, "the clock was set forward", 1)
	r.Cmd.Process.Signal(syscall.SIGHUP)
	says(t, r, doubted, 3)
	r.Cmd.Process.Kill()
	<-r.Exited
	a.isWhole(t)

	// It is still wrong at the next start, and at one more that is killed at once.
	for range 2 {
		r = clock.Start(t, a.toml())
		says(t, r, doubted, 2)
		r.Cmd.Process.Kill()
		<-r.Exited
	}
	a.isWhole(t)

	clock.Set(t, 0)
	r = clock.Start(t, a.toml())
	s = open(t, r)
	s.endsInTime(t)
	a.isWhole(t)
}
