package encode

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

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/icy"
	"relay/ingest/feed/feedtest"
	"relay/mounts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loaded is longer than a working encoder takes, even on a busy machine.
const loaded = 30 * time.Second

// rendering runs command as the encoder of a rendition of /live.
func rendering(t *testing.T, to conf.Rendition, timeout time.Duration) (r *mounts.Registry, logs *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zapcore.InfoLevel)
	r = mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.New(core))
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
func live(t *testing.T, r *mounts.Registry) *feedtest.Source {
	t.Helper()
	in, err := r.Attach("/live", mounts.Feed{Station: icy.Station{Name: "Live", BitRate: 128}})
	if err != nil {
		t.Fatal(err)
	}
	s := &feedtest.Source{Input: in}
	go s.Play(time.Hour)
	return s
}

func TestRenditionFollowsItsMount(t *testing.T) {
	r, _ := rendering(t, conf.Rendition{Command: `test "$RELAY_BITRATE" = 64 && exec cat`}, loaded)
	s := live(t, r)
	s.SetTitle(mounts.Title{Text: "Song"})
	until(t, "the rendition", func() bool { m := r.Find("/live-64"); return m != nil && len(feedtest.Heard(m)) > 50 })
	m := r.Find("/live-64")
	for i, n := range feedtest.Heard(m) {
		if n != uint64(i+1) {
			t.Fatalf("frames %d", feedtest.Heard(m))
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
		"exec sleep 60":              "it sent nothing for 1s",
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
		t.Error("the encoder runs without a listener")
	}
	done := m.Audience.Want()
	if err := m.WaitPlaying(t.Context()); err != nil {
		t.Fatal(err)
	}
	done()
}

// An encoder that runs but takes nothing does not block the rendition either.
func TestEncoderThatTakesNothingIsStartedAgain(t *testing.T) {
	sound := filepath.Join(t.TempDir(), "sound.mp3")
	if err := os.WriteFile(sound, feedtest.Music(time.Second), 0o600); err != nil {
		t.Fatal(err)
	}
	r, logs := rendering(t, conf.Rendition{Command: "while cat " + sound + "; do sleep 0.1; done"}, time.Second)
	s := live(t, r)
	for range 400 { // more bytes than a pipe holds
		s.Send()
	}
	until(t, "the end of the encoder", func() bool { return logs.FilterMessage("the encoder has ended").Len() > 0 })
	told := logs.FilterMessage("the encoder has ended").All()
	if got := fmt.Sprint(told[0].ContextMap()["reason"]); got != "it accepted nothing for 1s" {
		t.Errorf("told %q", got)
	}
}

// slowEncoder takes each frame in a percentage of the time that it plays.
type slowEncoder struct{ percent, last atomic.Uint64 }

func (s *slowEncoder) SetWriteDeadline(time.Time) error { return nil }

func (s *slowEncoder) Write(frame []byte) (int, error) {
	time.Sleep(time.Duration(s.percent.Load()) * feedtest.Stereo128.Duration() / 100)
	number, _ := frametest.Number(frame)
	s.last.Store(number)
	return len(frame), nil
}

// An encoder that is slower than the stream is moved forward, and the log says so
// once each time.
func TestSlowEncoderIsMovedForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.WarnLevel)
		registry := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
		in, err := registry.Attach("/live-64", mounts.Feed{Kind: mounts.Encoded})
		if err != nil {
			t.Fatal(err)
		}
		s := feedtest.Connect(t, registry, "/live", 1)
		s.Play(time.Second)
		ctx, stop := context.WithCancel(context.Background())
		r := &Rendition{Registry: registry, Log: zap.New(core), Timeout: time.Minute, Pace: 10 * time.Millisecond, Buffer: 64 << 10}
		encoder := &slowEncoder{}
		var fed sync.WaitGroup
		fed.Go(func() { r.feed(ctx, encoder, s.Mount, mp3.Codec, in) })
		for _, then := range []struct {
			percent uint64
			warned  int
		}{{50, 0}, {200, 1}, {50, 1}, {200, 2}} {
			encoder.percent.Store(then.percent)
			s.Play(time.Minute)
			synctest.Wait()
			if got := logs.Len(); got != then.warned {
				t.Errorf("at %d %% of real time: told %d times, want %d", then.percent, got, then.warned)
			}
			if missing := s.Sent() - encoder.last.Load(); missing > 64<<10/uint64(feedtest.Stereo128.Size)+2 {
				t.Errorf("at %d %% of real time: %d frames behind", then.percent, missing)
			}
		}
		stop()
		fed.Wait()
		registry.Close()
	})
}
