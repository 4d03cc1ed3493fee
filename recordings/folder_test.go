package recordings

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
	"relay/internal/clock"
	"relay/internal/filelock"
	"relay/mounts"
)

// testClock is a clock that tests set.
type testClock struct {
	day time.Time
	up  time.Duration
}

func (h *testClock) clock() *clock.Clock {
	return clock.Of(zap.NewNop(), func() (time.Time, time.Duration) { return h.day, h.up })
}

// run lets time pass, and tidies the store from time to time.
func (h *testClock) run(d time.Duration, s *store) {
	for step := min(d, time.Hour); d > 0; d -= step {
		h.day, h.up = h.day.Add(step), h.up+step
		s.tidy()
	}
}

// A clock that is wrong at the start, or is set wrong, deletes nothing for a day; then
// old recordings are removed again. Restarts of the program do not matter.
func TestWrongClockDeletesNothing(t *testing.T) {
	const keep, wrong = 48 * time.Hour, 400 * 24 * time.Hour
	ages := []int{1, 10, 20, 30, 40, 47}
	for name, begin := range map[string]func(h *testClock, s *store) *store{
		"at the first start": func(h *testClock, s *store) *store {
			h.day = h.day.Add(wrong)
			return s
		},
		"at a start": func(h *testClock, s *store) *store {
			h.run(10*time.Minute, s)
			s.release()
			h.day = h.day.Add(wrong)
			return nil
		},
		"set while it runs": func(h *testClock, s *store) *store {
			h.run(10*time.Minute, s)
			h.day = h.day.Add(wrong)
			return s
		},
		"set while it runs, and a start": func(h *testClock, s *store) *store {
			h.run(10*time.Minute, s)
			h.day = h.day.Add(wrong)
			h.run(10*time.Minute, s)
			s.release()
			return nil
		},
		"set while it runs, and a crash before anybody has looked": func(h *testClock, s *store) *store {
			h.run(10*time.Minute, s)
			s.release()
			h.day = h.day.Add(wrong)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := conf.Mount{RecordKeep: conf.Duration(keep)}
			old, now := shelved(t, m, ages...)
			h := &testClock{day: now}
			m.Name, m.RecordDir = "/live", old.dir
			again := func() *store {
				h.up = 0
				return newStore(&m, newFolder(old.dir, h.clock()))
			}
			s := begin(h, again())
			if s == nil {
				s = again()
			}
			s.tidy()
			left(t, s, now, ages...)
			if doubt := s.witness.Doubt(); doubt < wrong || doubt > wrong+24*time.Hour {
				t.Errorf("%v is doubted", doubt)
			}
			h.run(4*time.Hour, s) // the time that the clock has skipped does not count, the time that passes does
			left(t, s, now, 1, 10, 20, 30, 40)
			h.day = h.day.Add(-wrong)
			h.run(10*time.Minute, s)
			left(t, s, now, 1, 10, 20, 30, 40)
			h.day = h.day.Add(wrong)
			h.run(25*time.Hour, s)
			left(t, s, now)
		})
	}
}

// Recordings made while the clock was ahead are removed for their size or age like
// others.
func TestRecordingsFromTheFuture(t *testing.T) {
	for name, m := range map[string]conf.Mount{
		"by age":  {RecordKeep: conf.Duration(48 * time.Hour)},
		"by size": {RecordSpace: 4400},
	} {
		t.Run(name, func(t *testing.T) {
			s, now := shelved(t, m, -400*24, -400*24-1, 30, 1)
			h := &testClock{day: now}
			s.folder = newFolder(s.dir, h.clock())
			s.tidy()
			left(t, s, now, -400*24, -400*24-1, 30, 1)
			h.run(time.Hour, s)
			for _, ext := range []string{".mp3", sheetExt} { // another recording
				path := filepath.Join(s.dir, fileName(s.stem, now.Add(-time.Hour), 1)+ext)
				if err := os.WriteFile(path, make([]byte, 550), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chtimes(path, h.day, h.day); err != nil {
					t.Fatal(err)
				}
			}
			if m.RecordSpace > 0 {
				s.tidy()
				left(t, s, now, -400*24, -400*24-1, 1, 0)
				s.space.Store(3300)
				s.tidy()
				left(t, s, now, -400*24-1, -400*24, 0)
				s.space.Store(1100)
				s.tidy()
				left(t, s, now, 0)
				return
			}
			h.run(46*time.Hour, s)
			left(t, s, now, -400*24, -400*24-1, 1, 0)
			h.run(2*time.Hour, s)
			left(t, s, now, 0)
		})
	}
}

// recorderOf returns the parts of a recorder of /live that runs until stop is called.
func recorderOf(t *testing.T, dir, more string) (registry *mounts.Registry, live *conf.Live, logs *observer.ObservedLogs, stop func()) {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte("[[mount]]\nname = '/live'\nrecord_dir = '"+dir+"'\n"+more))
	if err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zapcore.InfoLevel)
	live = conf.NewLive(c)
	registry = mounts.NewRegistry(live, nil, zap.NewNop())
	r := NewRecorder(registry, live, clock.New(zap.NewNop()), zap.New(core))
	ctx, end := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		r.Run(ctx)
		close(done)
	}()
	return registry, live, logs, func() {
		registry.Close()
		end()
		<-done
	}
}

// A second server records nothing in the folder of the first, deletes nothing there,
// and logs that. Once the first has stopped, the second begins to record.
func TestTwoServersOneFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "recordings")
	synctest.Test(t, func(t *testing.T) {
		one, _, _, stopOne := recorderOf(t, dir, "[[mount]]\nname = '/other'\nrecord_dir = '"+dir+"'")
		synctest.Wait()
		two, _, logs, stopTwo := recorderOf(t, dir, "record_space = 1")
		synctest.Wait()
		if got := messages(logs); got != "cannot record there yet" || !strings.Contains(logs.All()[0].ContextMap()["error"].(string), dir+" is in use by another relay") {
			t.Errorf("the log says %v", logs.All())
		}
		first, second := &studio{Registry: one, dir: dir, next: 1}, &studio{Registry: two, dir: dir, next: 1}
		dj, other := first.attach(t, mounts.LiveSource), second.attach(t, mounts.LiveSource)
		neighbour, err := one.Attach("/other", mounts.Feed{Kind: mounts.LiveSource})
		if err != nil {
			t.Fatal(err)
		}
		first.play(dj, 5*time.Second)
		first.play(neighbour, 5*time.Second)
		second.play(other, 5*time.Second)
		time.Sleep(2 * tidyEvery)
		synctest.Wait()
		if got := files(t, dir); len(got) != 4 {
			t.Errorf("the folder holds %v", got)
		}
		if got := messages(logs); got != "cannot record there yet|cannot record; the broadcast goes on" {
			t.Errorf("the log says %s", got)
		}
		stopOne()
		before := files(t, dir)
		time.Sleep(retryAfter)
		second.play(other, 5*time.Second)
		synctest.Wait()
		if got := files(t, dir); slices.Equal(got, before) || !strings.Contains(messages(logs), "recording again") {
			t.Errorf("when the first has gone, the folder holds %v; the log says %s", got, messages(logs))
		}
		stopTwo()
	})
}

// A folder that a reload removes is free for another server once the recording in it
// has ended.
func TestReloadReleasesFolders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "recordings")
	synctest.Test(t, func(t *testing.T) {
		registry, live, _, stop := recorderOf(t, dir, "")
		defer stop()
		s := &studio{Registry: registry, dir: dir, next: 1}
		s.play(s.attach(t, mounts.LiveSource), 5*time.Second)
		synctest.Wait()
		var inUse *filelock.InUse
		if _, err := filelock.TakeFolder(dir); !errors.As(err, &inUse) {
			t.Fatalf("got %v", err)
		}
		c, err := conf.Parse("relay.toml", []byte("[[mount]]\nname = '/live'\n"))
		if err != nil {
			t.Fatal(err)
		}
		live.Replace(c)
		registry.Reconfigure()
		time.Sleep(tidyEvery)
		synctest.Wait()
		lock, err := filelock.TakeFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		lock.Release()
	})
}

// The mounts of one server can share a folder, also under different paths.
func TestOneFolderByTwoNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "recordings")
	link := dir + ".link"
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		registry, _, logs, stop := recorderOf(t, dir, "record_keep = '1h'\n[[mount]]\nname = '/other'\nrecord_dir = '"+link+"/'\nrecord_keep = '1h'")
		s := &studio{Registry: registry, dir: dir, next: 1}
		one := s.attach(t, mounts.LiveSource)
		s.play(one, 5*time.Second)
		other, err := registry.Attach("/other", mounts.Feed{Kind: mounts.LiveSource})
		if err != nil {
			t.Fatal(err)
		}
		s.play(other, 5*time.Second)
		time.Sleep(tidyEvery)
		synctest.Wait()
		if got := files(t, dir); len(got) != 4 {
			t.Errorf("the folder holds %v", got)
		}
		for _, line := range logs.All() {
			if line.Level > zapcore.InfoLevel {
				t.Errorf("the log says %v", line)
			}
		}
		stop()
	})
}
