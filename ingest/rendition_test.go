package ingest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
	"relay/icy"
	"relay/mounts"
)

// rendering runs a rendition of /live by a command.
func rendering(t *testing.T, to conf.Rendition) (r *mounts.Registry, logs *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zapcore.InfoLevel)
	r = mounts.NewRegistry(conf.NewLive(conf.Default()), zap.New(core))
	to.Name, to.BitRate = "/live-64", 64
	rendition := &Rendition{Registry: r, Log: zap.New(core), Of: "/live", To: to, Timeout: time.Second, Pace: 10 * time.Millisecond}
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
	r, _ := rendering(t, conf.Rendition{Command: `test "$RELAY_BITRATE" = 64 && exec cat`})
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
			r, logs := rendering(t, conf.Rendition{Command: command})
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
	r, logs := rendering(t, conf.Rendition{Command: "exec cat", OnDemand: true})
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
