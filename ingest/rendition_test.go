package ingest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
	"relay/frames"
	"relay/frames/frametest"
	"relay/icy"
	"relay/mounts"
)

// loaded is more than any encoder takes that works, on a machine with much to do.
const loaded = 30 * time.Second

// rendering runs a rendition of /live by a command.
func rendering(t *testing.T, to conf.Rendition, timeout time.Duration) (r *mounts.Registry, logs *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zapcore.InfoLevel)
	r = mounts.NewRegistry(conf.NewLive(conf.Default()), zap.New(core))
	to.Name, to.BitRate = "/live-64", 64
	rendition := &Rendition{Registry: r, Log: zap.New(core), Of: "/live", To: to, Timeout: timeout, Pace: 10 * time.Millisecond, Buffer: 512 << 10}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { rendition.Run(ctx); close(done) }()
	t.Cleanup(func() {
		stop()
		<-done
		r.Close()
	})
	return r, logs
}

// until waits for a condition.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// live connects a source that plays until the test ends.
func live(t *testing.T, r *mounts.Registry) *source {
	t.Helper()
	in, err := r.Attach("/live", mounts.Feed{Station: icy.Station{Name: "Live", BitRate: 128}})
	if err != nil {
		t.Fatal(err)
	}
	s := &source{Input: in}
	go s.play(time.Hour)
	return s
}

func TestRenditionFollowsItsMount(t *testing.T) {
	r, _ := rendering(t, conf.Rendition{Command: `test "$RELAY_BITRATE" = 64 && exec cat`}, loaded)
	s := live(t, r)
	s.SetTitle(mounts.Title{Text: "Song"})
	until(t, "the rendition", func() bool { m := r.Find("/live-64"); return m != nil && len(heard(m)) > 50 })
	m := r.Find("/live-64")
	for i, n := range heard(m) {
		if n != uint64(i+1) {
			t.Fatalf("frames %d", heard(m))
		}
	}
	if p := m.Programme(); p.Station.Name != "Live" || p.Title.Text != "Song" || p.Input != "rendition" {
		t.Errorf("plays %+v", p)
	}
	s.Detach()
	until(t, "the end of the rendition", func() bool { return r.Find("/live-64") == nil })
}

func TestEncoderIsStartedAgain(t *testing.T) {
	tests := map[string]string{
		"echo broken >&2; exit 1":    "it said: broken",
		"exit 3":                     "exit status 3",
		"true":                       "it stopped by itself",
		"exec sleep 60":              "it gave nothing for 1s",
		"exec /no/such/encoder here": "not found",
	}
	for command, want := range tests {
		t.Run(command, func(t *testing.T) {
			timeout := loaded
			if strings.Contains(want, "1s") {
				timeout = time.Second
			}
			r, logs := rendering(t, conf.Rendition{Command: command}, timeout)
			live(t, r)
			until(t, "a second start", func() bool { return logs.FilterMessage("encoder started").Len() >= 2 })
			told := logs.FilterMessage("the encoder has ended").All()
			if len(told) != 1 || !strings.Contains(fmt.Sprint(told[0].ContextMap()["reason"]), want) {
				t.Errorf("told %v, want once %q", told, want)
			}
		})
	}
}

func TestRenditionOnDemand(t *testing.T) {
	r, logs := rendering(t, conf.Rendition{Command: "exec cat", OnDemand: true}, loaded)
	live(t, r)
	until(t, "the mount", func() bool { return r.Find("/live-64") != nil })
	m := r.Find("/live-64")
	if !m.Asleep() || logs.FilterMessage("encoder started").Len() > 0 {
		t.Error("the encoder runs for nobody")
	}
	done := m.Audience.Want()
	if err := m.WaitPlaying(t.Context()); err != nil {
		t.Fatal(err)
	}
	done()
}

// Nor does one hold it that plays, but takes nothing.
func TestEncoderThatTakesNothingIsStartedAgain(t *testing.T) {
	sound := filepath.Join(t.TempDir(), "sound.mp3")
	if err := os.WriteFile(sound, music(time.Second), 0o600); err != nil {
		t.Fatal(err)
	}
	r, logs := rendering(t, conf.Rendition{Command: "while cat " + sound + "; do sleep 0.1; done"}, time.Second)
	s := live(t, r)
	for range 400 { // more than a pipe holds
		s.Write(frames.Frame{Header: stereo128, Data: frametest.Numbered(stereo128, s.next.Add(1))})
	}
	until(t, "the end of the encoder", func() bool { return logs.FilterMessage("the encoder has ended").Len() > 0 })
	told := logs.FilterMessage("the encoder has ended").All()
	if got := fmt.Sprint(told[0].ContextMap()["reason"]); got != "it took nothing for 1s" {
		t.Errorf("told %q", got)
	}
}

// slowEncoder takes a frame in so many hundredths of the time that it plays.
type slowEncoder struct{ percent, last atomic.Uint64 }

func (s *slowEncoder) SetWriteDeadline(time.Time) error { return nil }

func (s *slowEncoder) Write(frame []byte) (int, error) {
	time.Sleep(time.Duration(s.percent.Load()) * stereo128.Duration() / 100)
	number, _ := frametest.Number(frame)
	s.last.Store(number)
	return len(frame), nil
}

// An encoder that is slower than the stream is moved forward, which is told once
// for each time.
func TestSlowEncoderIsMovedForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.WarnLevel)
		registry := mounts.NewRegistry(conf.NewLive(conf.Default()), zap.NewNop())
		in, err := registry.Attach("/live-64", mounts.Feed{Kind: mounts.Encoded})
		if err != nil {
			t.Fatal(err)
		}
		s := connect(t, registry, "/live", 1)
		s.play(time.Second)
		ctx, stop := context.WithCancel(context.Background())
		r := &Rendition{Registry: registry, Log: zap.New(core), Timeout: time.Minute, Pace: 10 * time.Millisecond, Buffer: 64 << 10}
		encoder := &slowEncoder{}
		var fed sync.WaitGroup
		fed.Go(func() { r.feed(ctx, encoder, s.Mount, in) })
		for _, then := range []struct {
			percent uint64
			warned  int
		}{{50, 0}, {200, 1}, {50, 1}, {200, 2}} {
			encoder.percent.Store(then.percent)
			s.play(time.Minute)
			synctest.Wait()
			if got := logs.Len(); got != then.warned {
				t.Errorf("at %d %% of real time: told %d times, want %d", then.percent, got, then.warned)
			}
			if missing := s.next.Load() - encoder.last.Load(); missing > 64<<10/uint64(stereo128.Size)+2 {
				t.Errorf("at %d %% of real time: %d frames behind", then.percent, missing)
			}
		}
		stop()
		fed.Wait()
		registry.Close()
	})
}
