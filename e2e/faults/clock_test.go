package faults

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/e2e/harness"
	"relay/history"
	"relay/internal/clock"
)

// archived is a station's recordings and history of the last two days.
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
			past.Sourced(history.Airtime{Mount: "/live", Kind: "live", Since: time.Now().Add(-time.Duration(i+1) * time.Hour), Stayed: time.Minute})
		}
	})
	return a
}

// toml returns the configuration that keeps both for two days.
func (a archived) toml() string {
	return configuration + fmt.Sprintf("record_dir = %q\nrecord_keep = '48h'\n[history]\nfile = %q\nkeep = '48h'\n", a.recordings, a.history)
}

// withHistory opens the history for do, while no server has it open.
func (a archived) withHistory(t *testing.T, do func(past *history.Store)) {
	t.Helper()
	past := history.New(conf.History{File: a.history, HashIP: true}, nil, clock.New(zap.NewNop()), zap.NewNop())
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

// isWhole checks that nothing was deleted.
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
		t.Errorf("%d of %d recordings are left", n, archivedRecordings)
	}
}

// says waits until the log has a text at least the given number of times.
func says(t *testing.T, r *harness.Relay, what string, times int) {
	t.Helper()
	harness.Eventually(t, "the log to say "+what, func() bool { return r.Said(what) >= times })
}

// A clock that is wrong at a start, or is set wrong later, does not cause anything to
// be deleted, and no listener notices.
func TestWrongClock(t *testing.T) {
	t.Parallel()
	const wrong = 400 * 24 * time.Hour
	const doubted = "deletion by age is suspended"
	a := archive(t)
	clock := harness.NewDayClock(t)

	// The clock is wrong at the very first start.
	clock.Set(t, wrong)
	r := clock.Start(t, a.toml())
	s := open(t, r)
	says(t, r, doubted, 2) // once for the recordings, once for the history
	clock.Set(t, 0)
	says(t, r, "the clock was set back", 1)
	r.Cmd.Process.Signal(syscall.SIGHUP) // a reload looks for old recordings
	says(t, r, "deletion by age is no longer suspended", 1)
	a.hasRecordings(t)
	s.changesHands(t)

	// It is set wrong while the server runs; then the server is killed.
	clock.Set(t, wrong)
	says(t, r, "the clock was set forward", 1)
	r.Cmd.Process.Signal(syscall.SIGHUP)
	says(t, r, doubted, 3)
	r.Cmd.Process.Kill()
	<-r.Exited
	a.isWhole(t)

	// It is still wrong at the next start, and at another one after a kill.
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
