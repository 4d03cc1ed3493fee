package autodj

import (
	"context"
	"errors"
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
	"relay/icy"
	"relay/ingest/feed/feedtest"
	"relay/mounts"
)

// stuckTrack is on a disk that does not answer until the channel is closed.
type stuckTrack struct{ until <-chan struct{} }

func (s stuckTrack) Open() (io.ReadCloser, error) { <-s.until; return nil, errors.New("too late") }
func (s stuckTrack) Title(string) mounts.Title    { return mounts.Title{} }
func (s stuckTrack) String() string               { return "stuck" }

func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}

// A disk that does not answer is given up, however many tracks are on it, and the
// number of goroutines that wait for it is bounded.
func TestStuckTracksAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan struct{})
		stuck := stuckTrack{answer}
		core, logs := observer.New(zap.WarnLevel)
		r := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
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
		if n := strings.Count(stacks(), "stuckTrack"); n > maxReadAheads {
			t.Errorf("%d goroutines wait for the disk", n)
		}
		close(answer)
		time.Sleep(2 * time.Minute)
		if got := r.Find("/live").Programme().Title.Text; got != "second" && got != "last" && got != "" {
			t.Errorf("plays %q", got)
		}
		if logs.FilterMessage("track skipped: it cannot be played").Len() < 3 {
			t.Errorf("logged %v", logs.All())
		}
		cancel()
		<-done
		r.Close()
	})
}

// Files that cannot be played are named in the log, but not without end.
func TestLogOfBrokenTracksIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.WarnLevel)
		r := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
		p := NewPlayer(r, zap.New(core), "/live", icy.Station{}, inTurn(brokenTrack{}))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		time.Sleep(time.Hour + time.Second)
		if logs.Len() != 2 || logs.FilterMessage("track skipped: it cannot be played").Len() != 1 {
			t.Errorf("in an hour it logs %v", logs.All())
		}
		if err := p.Skip(); err == nil {
			t.Error("nothing plays, and it was skipped")
		}
		cancel()
		<-done
		r.Close()
	})
}

// Changes of a file while it plays do not stop the music.
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
				played := time.Duration(r.Find("/live").Status().Received/int64(feedtest.Stereo128.Size)) * feedtest.Stereo128.Duration()
				if played < 10*time.Minute {
					t.Errorf("%v of ten minutes were played", played)
				}
				stop()
			})
		})
	}
}
