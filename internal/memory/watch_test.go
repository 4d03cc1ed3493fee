package memory

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

const mib = 1 << 20

func TestWatch(t *testing.T) {
	core, lines := observer.New(zapcore.InfoLevel)
	w := NewWatch(zap.New(core))
	now, left, freed, tidied := time.Now(), int64(0), int64(0), 0
	var problem error
	w.clock = func() time.Time { return now }
	w.look = func() (Space, error) { return Space{"/a", 320 * mib, left}, problem }
	w.tidy = func() { left, tidied = left+freed, tidied+1 }
	steps := []struct {
		name         string
		after        time.Duration
		left, freed  int64
		problem      error
		short        bool
		tidied, said int // in total
	}{
		{name: "enough", left: 10 * mib},
		{name: "too little, but some was not in use", left: 9 * mib, freed: 2 * mib, tidied: 1},
		{name: "too little at once again: it is not tidied so soon", after: time.Second, left: 9 * mib, freed: 2 * mib, short: true, tidied: 1, said: 1},
		{name: "more, but not enough", after: time.Second, left: 14 * mib, short: true, tidied: 1, said: 1},
		{name: "less, and nothing to tidy", after: 20 * time.Second, left: 1 * mib, short: true, tidied: 2, said: 1},
		{name: "enough again", after: time.Second, left: 15 * mib, tidied: 2, said: 2},
		{name: "short again", after: time.Minute, left: 9 * mib, short: true, tidied: 3, said: 3},
		{name: "nobody knows", after: time.Second, problem: errors.New("no such file"), tidied: 3, said: 3},
	}
	for _, s := range steps {
		now, left, freed, problem = now.Add(s.after), s.left, s.freed, s.problem
		w.measure()
		if w.Short() != s.short || tidied != s.tidied || lines.Len() != s.said {
			t.Errorf("%s: short %v, tidied %d times, %d lines; want %v, %d, %d", s.name, w.Short(), tidied, lines.Len(), s.short, s.tidied, s.said)
		}
	}
	if said := lines.All()[0]; said.Level != zapcore.ErrorLevel || said.ContextMap()["of"] != "/a" || said.ContextMap()["left"] != int64(9*mib) {
		t.Errorf("the line is %v", said)
	}
}

func TestMetrics(t *testing.T) {
	w := NewWatch(zap.NewNop())
	w.look = func() (Space, error) { return Space{}, errors.New("no such file") }
	if n := testutil.CollectAndCount(w); n != 0 {
		t.Errorf("%d metrics where nothing is known", n)
	}
	w.look, w.tidy = func() (Space, error) { return Space{"/a", 320 * mib, mib}, nil }, func() {}
	w.measure()
	want := `
# HELP relay_memory_left_bytes Memory left to the program by the tightest bound on it; absent where the system tells of none.
# TYPE relay_memory_left_bytes gauge
relay_memory_left_bytes 1.048576e+06
# HELP relay_memory_limit_bytes That bound.
# TYPE relay_memory_limit_bytes gauge
relay_memory_limit_bytes 3.3554432e+08
# HELP relay_memory_short 1 while no listeners are let in because memory is short.
# TYPE relay_memory_short gauge
relay_memory_short 1
`
	if err := testutil.CollectAndCompare(w, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

// Run measures at once, and ends with its context.
func TestRun(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	w := NewWatch(zap.NewNop())
	w.look, w.tidy = func() (Space, error) { return Space{"/a", 320 * mib, mib}, nil }, func() {}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx)
	}()
	for !w.Short() {
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-ended
}

func TestMemoryIsLookedAtSeldomWhileThereIsMuch(t *testing.T) {
	const limit = 1 << 30 // 32 MiB of it are the reserve
	for _, tt := range []struct {
		left int64
		want time.Duration
	}{{limit / 2, roomyEvery}, {8 * 32 << 20, roomyEvery}, {8*32<<20 - 1, lookEvery}, {32 << 20, lookEvery}, {0, lookEvery}, {-1, lookEvery}} {
		w := NewWatch(zap.NewNop())
		w.tidy = func() {}
		w.look = func() (Space, error) { return Space{Bound: "a", Limit: limit, Left: tt.left}, nil }
		if got := w.measure(); got != tt.want {
			t.Errorf("%d left: looks again in %v, want %v", tt.left, got, tt.want)
		}
	}
}
