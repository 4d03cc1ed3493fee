package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
	"relay/frames"
	"relay/frames/frametest"
	"relay/icy"
	"relay/mounts"
)

var stereo128 = frametest.Header(128000, 44100, 2)

// tone is a track of n numbered frames.
func tone(title string, n int) MemoryTrack {
	var mp3 []byte
	for i := range n {
		mp3 = append(mp3, frametest.Numbered(stereo128, uint64(i))...)
	}
	return MemoryTrack{Name: mounts.Title{Text: title}, MP3: mp3}
}

// inTurn plays tracks one after the other, for ever.
func inTurn(tracks ...Track) func() (Track, bool) {
	n := -1
	return func() (Track, bool) {
		n++
		return tracks[n%len(tracks)], true
	}
}

// startPlayer plays tracks into /live until the test's bubble ends them.
func startPlayer(t *testing.T, tracks ...Track) (r *mounts.Registry, stop func()) {
	r = mounts.NewRegistry(conf.Default(), zap.NewNop())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	p := NewPlayer(r, zap.NewNop(), "/live", icy.Station{}, inTurn(tracks...))
	go func() { done <- p.Run(ctx) }()
	return r, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		r.Close()
	}
}

// A day of short tracks: what was played is what the clock says, to a quantum.
func TestPlayerKeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, stop := startPlayer(t, tone("one", 500), tone("two", 333))
		const day = 24 * time.Hour
		time.Sleep(day)
		frame := stereo128.Duration()
		played := time.Duration(r.Find("/live").Status().Received/int64(stereo128.Size)) * frame
		if drift := played - (day + firstLead); drift < -frame || drift > quantum+frame {
			t.Errorf("%v ahead of the clock after a day", drift)
		}
		stop()
	})
}

func TestPlayerGivesWayAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, stop := startPlayer(t, tone("music", 1000))
		time.Sleep(time.Minute)
		m := r.Find("/live")
		if m.Programme().Title.Text != "music" {
			t.Errorf("title %q", m.Programme().Title.Text)
		}
		live, err := r.Attach("/live", mounts.Feed{})
		if err != nil {
			t.Fatal(err)
		}
		f := frames.Frame{Header: stereo128, Data: frametest.Numbered(stereo128, 1)}
		live.Write(f)
		before := m.Status().Received
		time.Sleep(time.Minute)
		live.Write(f)
		if got := m.Status().Received - before; got != int64(f.Size) {
			t.Errorf("%d bytes were played beside a live source", got-int64(f.Size))
		}
		live.Detach()
		before = m.Status().Received
		time.Sleep(10 * time.Second)
		played := time.Duration((m.Status().Received-before)/int64(f.Size)) * f.Duration()
		if late := 10*time.Second - played; late < -quantum-f.Duration() || late > f.Duration() {
			t.Errorf("%v of the time since the source was lost were not made up for", late)
		}
		if m.Programme().Title.Text != "music" {
			t.Errorf("title %q", m.Programme().Title.Text)
		}
		stop()
	})
}

// brokenTrack cannot be opened, or breaks off while it is read.
type brokenTrack struct{ open bool }

func (b brokenTrack) Open() (io.ReadCloser, error) {
	if !b.open {
		return nil, errors.New("vanished")
	}
	return io.NopCloser(io.MultiReader(errorReader{})), nil
}
func (b brokenTrack) Title() mounts.Title { return mounts.Title{Text: "broken"} }
func (b brokenTrack) String() string      { return fmt.Sprint("broken ", b.open) }

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errors.New("bad disk") }

func TestBrokenTracksNeverStopTheMusic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, stop := startPlayer(t, brokenTrack{}, tone("whole", 100), brokenTrack{open: true}, MemoryTrack{MP3: []byte("no audio")}, MemoryTrack{})
		time.Sleep(time.Hour)
		m := r.Find("/live")
		played := time.Duration(m.Status().Received/int64(stereo128.Size)) * stereo128.Duration()
		if played < time.Hour {
			t.Errorf("%v of an hour were played", played)
		}
		if got := m.Programme().Title.Text; got != "whole" {
			t.Errorf("title %q", got)
		}
		stop()
	})
}

// With nothing to play a player looks again now and then, and does not spin.
func TestPlayerWithoutMusicWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		r := mounts.NewRegistry(conf.Default(), zap.NewNop())
		p := NewPlayer(r, zap.NewNop(), "/live", icy.Station{}, func() (Track, bool) {
			asked++
			return nil, false
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		time.Sleep(time.Minute)
		cancel()
		if err := <-done; err != nil || asked < 10 || asked > 14 {
			t.Errorf("looked %d times in a minute, %v", asked, err)
		}
		r.Close()
	})
}

func TestSkip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := mounts.NewRegistry(conf.Default(), zap.NewNop())
		p := NewPlayer(r, zap.NewNop(), "/live", icy.Station{}, inTurn(tone("long", 10_000), tone("next", 10_000)))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		time.Sleep(10 * time.Second)
		m := r.Find("/live")
		before := m.Status().Received
		if err := p.Skip(); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if got := m.Programme().Title.Text; got != "next" {
			t.Errorf("plays %q", got)
		}
		if played := m.Status().Received - before; played > 2*16000 {
			t.Errorf("%d bytes were played in a second", played)
		}
		cancel()
		<-done
		r.Close()
	})
}

// stuckTrack is on a disk that never answers.
type stuckTrack struct{ until <-chan struct{} }

func (s stuckTrack) Open() (io.ReadCloser, error) { <-s.until; return nil, errors.New("too late") }
func (s stuckTrack) Title() mounts.Title          { return mounts.Title{} }
func (s stuckTrack) String() string               { return "stuck" }

func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}

// A disk that does not answer is given up, however many tracks are on it, and
// the goroutines that wait for it do not become more.
func TestStuckTracksAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan struct{})
		stuck := stuckTrack{answer}
		core, logs := observer.New(zap.WarnLevel)
		r := mounts.NewRegistry(conf.Default(), zap.NewNop())
		tracks := []Track{tone("first", 100), stuck, tone("second", 3000), stuck, stuck, stuck, stuck, stuck, tone("last", 3000)}
		played := 0
		p := NewPlayer(r, zap.New(core), "/live", icy.Station{}, func() (Track, bool) {
			if played++; played > len(tracks) {
				return nil, false
			}
			return tracks[played-1], true
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		time.Sleep(20 * time.Second)
		if got := r.Find("/live").Programme().Title.Text; got != "second" {
			t.Errorf("plays %q behind a stuck track", got)
		}
		time.Sleep(3 * time.Minute)
		if n := strings.Count(stacks(), "stuckTrack"); n > mostTapes {
			t.Errorf("%d goroutines wait for the disk", n)
		}
		close(answer)
		time.Sleep(2 * time.Minute)
		if got := r.Find("/live").Programme().Title.Text; got != "second" && got != "last" {
			t.Errorf("plays %q", got)
		}
		if logs.FilterMessage("track skipped").Len() < 5 {
			t.Errorf("logged %v", logs.All())
		}
		cancel()
		<-done
		r.Close()
	})
}

// What cannot be played is named in the log, but not for ever.
func TestLogOfBrokenTracksIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.WarnLevel)
		r := mounts.NewRegistry(conf.Default(), zap.NewNop())
		p := NewPlayer(r, zap.New(core), "/live", icy.Station{}, inTurn(brokenTrack{}))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		time.Sleep(time.Hour + time.Second)
		if logs.Len() != mostBroken {
			t.Errorf("%d lines in an hour", logs.Len())
		}
		if err := p.Skip(); err == nil {
			t.Error("nothing plays, and it was skipped")
		}
		cancel()
		<-done
		r.Close()
	})
}

// What happens to a file while it plays does not stop the music.
func TestFilesChangeWhileTheyPlay(t *testing.T) {
	whole := tone("", 1000).MP3
	for name, change := range map[string]func(path string) error{
		"vanishes":     os.Remove,
		"is truncated": func(path string) error { return os.Truncate(path, 40_000) },
		"is emptied":   func(path string) error { return os.Truncate(path, 0) },
		"is replaced": func(path string) error {
			return errors.Join(os.WriteFile(path+".new", whole, 0o600), os.Rename(path+".new", path))
		},
		"is overwritten": func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("no audio", 100_000)), 0o600) },
		"becomes a pipe": func(path string) error { return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "changes.mp3")
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				r, stop := startPlayer(t, FileTrack(path), tone("next", 1000))
				time.Sleep(6 * time.Second)
				if got := r.Find("/live").Programme().Title.Text; got != "changes" {
					t.Fatalf("plays %q", got)
				}
				if err := change(path); err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Minute)
				played := time.Duration(r.Find("/live").Status().Received/int64(stereo128.Size)) * stereo128.Duration()
				if played < 10*time.Minute {
					t.Errorf("%v of ten minutes were played", played)
				}
				stop()
			})
		})
	}
}
