package feed

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"go.uber.org/goleak"
	"go.uber.org/zap"

	"relay/conf"
	"relay/ingest/feed/feedtest"
	"relay/mounts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// substituting runs Fallbacks in a synctest bubble, with a registry of the given
// configuration.
func substituting(t *testing.T, toml string, test func(r *mounts.Registry, s *Fallbacks)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, err := conf.Parse("relay.toml", []byte(toml))
		if err != nil {
			t.Fatal(err)
		}
		r := mounts.NewRegistry(conf.NewLive(c), nil, zap.NewNop())
		s := NewFallbacks(r, conf.NewLive(c), zap.NewNop())
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		test(r, s)
		stop()
		<-done
		r.Close()
	})
}

func TestFallbackAndBack(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nfallbacks = ['/backup']\nburst = '512KiB'", func(r *mounts.Registry, s *Fallbacks) {
		backup := feedtest.Connect(t, r, "/backup", 100_000)
		backup.SetTitle(mounts.Title{Text: "backup's title"})
		go backup.Play(time.Minute)
		time.Sleep(10 * time.Second)
		live := r.Find("/live")
		if live == nil {
			t.Fatal("a mount with a fallback does not exist without a source")
		}
		if p := live.Programme(); p.Input != "fallback" || p.Title.Text != "backup's title" || p.Station.Name != "/backup" {
			t.Errorf("plays %+v", p)
		}
		dj := feedtest.Connect(t, r, "/live", 1)
		dj.SetTitle(mounts.Title{Text: "dj's title"})
		dj.Play(5 * time.Second)
		if p := live.Programme(); p.Input != "live" || p.Title.Text != "dj's title" {
			t.Errorf("plays %+v", p)
		}
		listener := &mounts.Listener{}
		if err := live.Audience.Join(listener); err != nil {
			t.Fatal(err)
		}
		dj.Detach()
		time.Sleep(2 * time.Second)
		if p := live.Programme(); p.Input != "waiting" || p.Title.Text != "dj's title" {
			t.Errorf("within the grace it plays %+v", p)
		}
		time.Sleep(8 * time.Second)
		if p := live.Programme(); p.Input != "fallback" || p.Title.Text != "backup's title" {
			t.Errorf("after the grace it plays %+v", p)
		}
		// Whole runs of frames, the grace made up for, by silence too, and nothing twice.
		heard, jumps := feedtest.Heard(live), []uint64{}
		numbers := slices.DeleteFunc(slices.Clone(heard), func(n uint64) bool { return n == 0 })
		silent := uint64(len(heard) - len(numbers))
		for i := 1; i < len(numbers); i++ {
			if numbers[i] != numbers[i-1]+1 {
				jumps = append(jumps, numbers[i])
			}
		}
		if len(jumps) != 2 || jumps[0] != 1 || jumps[1] < 100_000 {
			t.Errorf("jumps to %d", jumps)
		}
		if last := numbers[len(numbers)-1]; backup.Sent()-last > 20 {
			t.Errorf("the fallback is %d frames behind", backup.Sent()-last)
		}
		if made := numbers[len(numbers)-1] - jumps[1] + silent; made < 360 {
			t.Errorf("%d frames since the source was lost: the grace was not made up for", made)
		}
		backup.Detach()
		time.Sleep(10 * time.Second)
		if r.Find("/live") != nil {
			t.Error("the mount outlives its fallback")
		}
	})
}

// A fallback that has left the air does not keep the stream it played in memory.
func TestFallbackLetsGoOfItsStream(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nfallbacks = ['/backup']", func(r *mounts.Registry, s *Fallbacks) {
		backup := feedtest.Connect(t, r, "/backup", 1)
		go backup.Play(time.Minute)
		time.Sleep(10 * time.Second)
		live := r.Find("/live")
		if p := live.Programme(); p.Input != "fallback" {
			t.Fatalf("plays %+v", p)
		}
		at := backup.Mount.Stream.Behind(100 * time.Millisecond)
		left := weak.Make(&at.Next()[0])
		dj := feedtest.Connect(t, r, "/live", 1)
		dj.Play(40 * time.Second) // more bytes than a burst
		if p := live.Programme(); p.Input != "live" {
			t.Errorf("plays %+v", p)
		}
		runtime.GC()
		if left.Value() != nil {
			t.Error("the fallback's stream is still referenced")
		}
	})
}

func TestFallbacksInOrder(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nfallbacks = ['/first', '/second']\nsilence = true", func(r *mounts.Registry, s *Fallbacks) {
		time.Sleep(SilenceAfter + time.Second)
		live := r.Find("/live")
		plays := func(want string) {
			t.Helper()
			time.Sleep(time.Second)
			if p := live.Programme(); p.Input+" "+p.Station.Name != want {
				t.Errorf("plays %q, want %q", p.Input+" "+p.Station.Name, want)
			}
		}
		plays("silence ")
		second := feedtest.Connect(t, r, "/second", 1)
		go second.Play(time.Hour)
		plays("fallback /second")
		first := feedtest.Connect(t, r, "/first", 1)
		go first.Play(time.Hour)
		plays("fallback /first")
		first.Detach()
		time.Sleep(4 * time.Second) // the grace of /first
		plays("fallback /second")
		second.Detach()
		time.Sleep(4 * time.Second)
		plays("silence ")
		if u, _ := live.LastUnit(); u.Format != feedtest.Stereo128.Format() || u.BitRate != feedtest.Stereo128.BitRate {
			t.Errorf("silence in another format, %+v", u)
		}
	})
}

// A mount with silence keeps its listeners from the first moment on: its source may be lost
// before silence may play.
func TestSilenceKeepsAYoungMount(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nsilence = true\ngrace = '200ms'", func(r *mounts.Registry, s *Fallbacks) {
		time.Sleep(time.Millisecond)
		in := feedtest.Connect(t, r, "/live", 1)
		in.Play(300 * time.Millisecond)
		live := in.Mount
		in.Detach()
		time.Sleep(400 * time.Millisecond)
		if r.Find("/live") != live || live.Stream.Ended() {
			t.Fatal("the mount has ended")
		}
		if p := live.Programme(); p.Sounds() {
			t.Errorf("too soon: %+v", p)
		}
		time.Sleep(SilenceAfter)
		if p := live.Programme(); p.Input != "silence" {
			t.Errorf("plays %+v", p)
		}
	})
}

func TestSilenceKeepsTime(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nsilence = true\nburst = '512KiB'", func(r *mounts.Registry, s *Fallbacks) {
		time.Sleep(time.Minute)
		got := r.Find("/live").Status()
		const burst = 512 << 10
		if want := int64((time.Minute-SilenceAfter).Seconds()*16000) + burst; got.Received < want-4000 || got.Received > want+4000 || got.BitRate != 128 {
			t.Errorf("%d bytes in a minute, want %d", got.Received, want)
		}
	})
}

// Fallbacks by pattern serve mounts that sources make, and do not keep them.
func TestFallbackOfAnUndeclaredMount(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/dj-*'\nfallbacks = ['/backup']", func(r *mounts.Registry, s *Fallbacks) {
		go feedtest.Connect(t, r, "/backup", 1).Play(time.Hour)
		time.Sleep(time.Minute)
		if r.Find("/dj-a") != nil {
			t.Fatal("the mount exists before its source")
		}
		dj := feedtest.Connect(t, r, "/dj-a", 1)
		dj.Play(time.Second)
		m := dj.Mount
		listener := &mounts.Listener{}
		if err := m.Audience.Join(listener); err != nil {
			t.Fatal(err)
		}
		dj.Detach()
		time.Sleep(time.Minute)
		if p := m.Programme(); r.Find("/dj-a") != m || p.Input != "fallback" {
			t.Errorf("for its listener it plays %+v", p)
		}
		m.Audience.Leave(listener, "left")
		time.Sleep(time.Minute)
		if r.Find("/dj-a") != nil {
			t.Error("the mount is kept without a listener")
		}
	})
}

// A source without listeners that returns within the grace has its fallbacks as
// before.
func TestFallbackOfAnUndeclaredMountAfterABreak(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/dj-*'\nfallbacks = ['/backup']", func(r *mounts.Registry, s *Fallbacks) {
		go feedtest.Connect(t, r, "/backup", 1).Play(time.Hour)
		dj := feedtest.Connect(t, r, "/dj-a", 1)
		m := dj.Mount
		dj.Play(time.Second)
		dj.Detach()
		time.Sleep(time.Second) // the stand-ins end
		dj = feedtest.Connect(t, r, "/dj-a", 1)
		dj.Play(time.Second)
		if err := m.Audience.Join(&mounts.Listener{}); err != nil {
			t.Fatal(err)
		}
		dj.Detach()
		time.Sleep(time.Minute)
		if p := m.Programme(); r.Find("/dj-a") != m || p.Input != "fallback" {
			t.Errorf("for its listener it plays %+v", p)
		}
	})
}

func TestSetFallbacks(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nfallbacks = ['/backup']", func(r *mounts.Registry, s *Fallbacks) {
		go feedtest.Connect(t, r, "/backup", 1).Play(time.Hour)
		go feedtest.Connect(t, r, "/other", 1).Play(time.Hour)
		time.Sleep(time.Second)
		live := r.Find("/live")
		if err := s.Set("/live", []string{"/other"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if p := live.Programme(); p.Station.Name != "/other" {
			t.Errorf("plays %+v", p)
		}
		if err := s.Set("/other", []string{"/live"}); err == nil || !strings.Contains(err.Error(), "/other → /live → /other") {
			t.Errorf("a circle: %v", err)
		}
		if err := s.Set("/nothere", nil); err == nil {
			t.Error("fallbacks were set for a mount that does not exist")
		}
		if p := live.Programme(); p.Station.Name != "/other" {
			t.Errorf("after the refusals it plays %+v", p)
		}
	})
}

// A fallback that is pulled on demand is woken when nothing else plays, and released
// when the source is back.
func TestFallbackOnDemand(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nfallbacks = ['/pulled']", func(r *mounts.Registry, s *Fallbacks) {
		pulled, err := r.Attach("/pulled", mounts.Feed{Kind: mounts.Relayed})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		audience := &pulled.Mount.Audience
		if !audience.Wanted() {
			t.Fatal("the fallback is not woken")
		}
		relay := &feedtest.Source{Input: pulled}
		go relay.Play(time.Hour)
		time.Sleep(time.Second)
		if p := r.Find("/live").Programme(); p.Input != "fallback" || !audience.Wanted() {
			t.Errorf("plays %+v, wanted %v", p, audience.Wanted())
		}
		dj := feedtest.Connect(t, r, "/live", 1)
		dj.Play(time.Second)
		if audience.Wanted() {
			t.Error("the fallback is kept while the source plays")
		}
	})
}
