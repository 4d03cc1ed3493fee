package history

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/clock"
)

// testClock is a clock that tests set.
type testClock struct {
	mu  sync.Mutex
	day time.Time
	up  time.Duration
}

func (h *testClock) clock() *clock.Clock {
	return clock.Of(zap.NewNop(), func() (time.Time, time.Duration) {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.day, h.up
	})
}

func (h *testClock) pass(d, ahead time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.day, h.up = h.day.Add(d+ahead), h.up+d
}

// tidied opens a history, deletes what is too old, and returns the number of remaining
// rows of each table.
func tidied(t *testing.T, c conf.History, h *testClock) (left map[string]int) {
	t.Helper()
	s := New(c, nil, clock.New(zap.NewNop()), zap.NewNop())
	s.clock = h.clock()
	w := newWriter(s)
	if err := w.write(); err != nil {
		t.Fatal(err)
	}
	defer w.close("")
	return counted(t, w)
}

func counted(t *testing.T, w *writer) (left map[string]int) {
	t.Helper()
	left = map[string]int{}
	for _, table := range []string{"listening", "titles", "sources", "samples"} {
		var n int
		if err := w.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		left[table] = n
	}
	return left
}

// past writes a history of some hours that ended at the given time.
func past(t *testing.T, c conf.History, ended time.Time) {
	t.Helper()
	r := start(t, c)
	for hours := range 40 {
		at := ended.Add(-time.Duration(hours) * time.Hour)
		r.Listened(Session{Mount: "/live", Since: at.Add(-time.Minute), Stayed: time.Minute})
		r.Sourced(Airtime{Mount: "/live", Since: at.Add(-time.Minute), Stayed: time.Minute})
		r.Played(Track{Mount: "/live", Play: int64(hours) + 1, Title: at.String(), Since: at})
		r.Sample(at, map[string]int{"/live": 1})
	}
	r.stop()
}

func all(left map[string]int, n int) bool {
	return left["listening"] == n && left["titles"] == n && left["sources"] == n && left["samples"] == n
}

// A wrong clock deletes nothing for a day, however often the server starts.
func TestWrongClockDeletesNothing(t *testing.T) {
	c := inFile(t)
	c.Keep = conf.Duration(48 * time.Hour)
	now := time.Now()
	past(t, c, now)
	os.Remove(c.File + timeExt) // an earlier version left no such file
	const wrong = 400 * 24 * time.Hour
	h := &testClock{day: now.Add(wrong)}
	for range 3 {
		if left := tidied(t, c, h); !all(left, 40) {
			t.Fatalf("left are %v", left)
		}
		h.pass(0, time.Minute)
		h.up = 0
	}
	h.pass(0, -wrong)
	if left := tidied(t, c, h); !all(left, 40) {
		t.Fatalf("left are %v", left)
	}

	s := New(c, nil, clock.New(zap.NewNop()), zap.NewNop())
	s.clock = h.clock()
	w := newWriter(s)
	if err := w.write(); err != nil {
		t.Fatal(err)
	}
	defer w.close("")
	h.pass(time.Minute, 90*24*time.Hour) // as on a machine that was off
	if err := w.tidy(); err != nil || !all(counted(t, w), 40) {
		t.Errorf("left are %v, %v", counted(t, w), err)
	}
	h.pass(25*time.Hour, 0)
	if err := w.tidy(); err != nil || !all(counted(t, w), 0) {
		t.Errorf("a day later left are %v, %v", counted(t, w), err)
	}
}

// Rows written while the clock was ahead are kept no longer than other rows.
func TestRowsFromTheFuture(t *testing.T) {
	c := inFile(t)
	c.Keep = conf.Duration(48 * time.Hour)
	now := time.Now()
	past(t, c, now.Add(400*24*time.Hour))
	h := &testClock{day: now}
	s := New(c, nil, clock.New(zap.NewNop()), zap.NewNop())
	s.clock = h.clock()
	w := newWriter(s)
	if err := w.write(); err != nil {
		t.Fatal(err)
	}
	defer w.close("")
	for range 47 {
		h.pass(time.Hour, 0)
		if err := w.tidy(); err != nil || !all(counted(t, w), 40) {
			t.Fatalf("left are %v, %v", counted(t, w), err)
		}
	}
	h.pass(2*time.Hour, 0)
	if err := w.tidy(); err != nil || !all(counted(t, w), 0) {
		t.Errorf("when they are as old as is kept, left are %v, %v", counted(t, w), err)
	}
}

// A second server does not use the file of the first: it closes no title of the first,
// logs which process has the file, and writes its own entries once the first server has
// stopped.
func TestTwoServersOneHistory(t *testing.T) {
	c := inFile(t)
	one := start(t, c)
	one.Played(Track{Mount: "/live", Play: 1, Title: "On the air", Since: time.Now().Add(-time.Hour)})
	eventually(t, "the title", func() bool {
		_, total, _ := one.Titles(context.Background(), Span{}, 0, 0)
		return total == 1
	})
	two := start(t, c)
	eventually(t, "trouble", func() bool { return strings.Contains(two.Trouble(), "in use by another relay") })
	if trouble := two.Trouble(); !strings.HasPrefix(trouble, c.File+" is in use") {
		t.Errorf("trouble is %q", trouble)
	}
	two.Listened(stayed("1", 0, 10))
	one.Listened(stayed("2", 0, 10))
	one.awaitSessions(t, 1)
	var open int
	if err := one.opened(t).read.QueryRow(`SELECT count(*) FROM titles WHERE until IS NULL`).Scan(&open); err != nil || open != 1 {
		t.Errorf("%d titles are on the air, %v", open, err)
	}
	one.stop()
	two.awaitSessions(t, 2)
	two.toldOnce(t)
}
