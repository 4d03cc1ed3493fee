package rewind

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"relay/internal/clock"
)

// Mounts whose names differ do not share files, however alike the names are.
func TestMountsAreApart(t *testing.T) {
	shelf := NewShelf(clock.New(zap.NewNop()), zap.NewNop())
	dir := t.TempDir()
	seen := map[string]bool{}
	for _, mount := range []string{"/live", "/live/", "/", "/live~", "/LIVE", "/live%7E", "/..", "/../live"} {
		one := shelf.Store(dir, mount)
		if rel, err := filepath.Rel(dir, one.dir); err != nil || filepath.Dir(rel) != "." || rel == "." || rel == ".." || seen[one.dir] {
			t.Errorf("%s has %s", mount, one.dir)
		}
		seen[one.dir] = true
	}
}

// However many reels are read, and by however many readers, few files are open.
func TestFewDescriptors(t *testing.T) {
	s := newStudio(t)
	before := descriptorsOf(t)
	const reels = 3 * maxOpen
	for n := range reels {
		s.keep(t, n, n)
		if err := s.end(); err != nil {
			t.Fatal(err)
		}
	}
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for range 200 {
				n := rand.IntN(reels)
				e, err := s.Find(numbered(n).Epoch, int64(n))
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := io.ReadAll(e.Open()); err != nil || string(got) != string(whole(audio(n))) {
					t.Errorf("segment %d: %d bytes, %v", n, len(got), err)
				}
			}
		})
	}
	readers.Wait()
	if got := descriptorsOf(t) - before; got > maxOpen+1 || len(s.shelf.open.list) > maxOpen {
		t.Errorf("%d descriptors, %d files", got, len(s.shelf.open.list))
	}
	for range reels {
		s.drop(s.reels[0])
	}
	if got := descriptorsOf(t) - before; got > 1 { // the lock
		t.Errorf("%d descriptors when all is removed", got)
	}
}

// descriptorsOf returns how many descriptors of this program are files of a rewind.
func descriptorsOf(t *testing.T) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	for _, e := range entries {
		if path, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.Contains(path, "/rewind/") {
			n++
		}
	}
	return n
}

// Readers, queries, limits and the writer do not disturb each other.
func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	s := &studio{Store: NewShelf(clock.New(zap.NewNop()), zap.NewNop()).Store(dir, "/live")}
	s.Limit(0, 200_000)
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	defer func() { stop(); all.Wait() }()
	all.Go(func() { s.Run(ctx) })
	const last = 600
	for i := range 8 {
		all.Go(func() {
			c := s.From(began)
			for n := int64(0); n < last && ctx.Err() == nil; {
				changed := s.Changed()
				e, err := c.Next()
				if err == io.EOF {
					select {
					case <-changed:
					case <-ctx.Done():
					}
					continue
				}
				if err != nil || e.Number <= n {
					t.Errorf("after %d comes %d, %v", n, e.Number, err)
					return
				}
				n = e.Number
				got, err := io.ReadAll(e.Open())
				if !errors.Is(err, ErrNotKept) && (err != nil || string(got) != string(whole(audio(int(n))))) {
					t.Errorf("segment %d: %d bytes, %v", n, len(got), err)
				}
				switch i {
				case 0:
					s.Titles(time.Time{}, began.AddDate(1, 0, 0))
				case 1:
					s.Find(e.Epoch, n/2)
				case 2:
					s.Kept()
					s.Fault()
				case 3:
					s.Limit(0, 190_000+n)
				}
			}
		})
	}
	for n := 1; n <= last; n++ {
		s.Append(numbered(n))
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Microsecond) {
			if _, newest, _ := s.Span(); newest.Equal(at(n+1, 0)) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("segment %d is not kept: %+v", n, s.Fault())
			}
		}
	}
}

func TestMetrics(t *testing.T) {
	var d faultyDisk
	var shelf *Shelf
	running(t, func(s *studio) { d.use(s.Store) }, func(s *studio) {
		shelf = s.shelf
		registry := prometheus.NewRegistry()
		registry.MustRegister(shelf)
		s.play(1, 10)
		value := func(name string) float64 {
			t.Helper()
			families, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range families {
				if f.GetName() == "relay_rewind_"+name {
					return f.GetMetric()[0].GetGauge().GetValue() + f.GetMetric()[0].GetCounter().GetValue()
				}
			}
			t.Fatalf("there is no %s", name)
			return 0
		}
		check := func(want map[string]float64) {
			t.Helper()
			for name, v := range want {
				if got := value(name); got != v {
					t.Errorf("%s is %v, want %v", name, got, v)
				}
			}
		}
		check(map[string]float64{"kept_seconds": 60, "kept_bytes": float64(sizeOf(t, s.Store.dir)), "lost_seconds_total": 0, "failing": 0, "failing_since_timestamp_seconds": 0})
		d.room.Store(0)
		s.play(11, 12)
		check(map[string]float64{"kept_seconds": 60, "lost_seconds_total": 12, "errors_total": 1, "failing": 1})
		d.room.Store(1 << 40)
		s.play(13, 20)
		synctest.Wait()
		check(map[string]float64{"lost_seconds_total": 12, "errors_total": 1, "failing": 0})
	})
	if lost, errors := shelf.lost, shelf.errors; lost != 2*six || errors != 1 {
		t.Errorf("afterwards %v are lost, %d errors", lost, errors)
	}
}
