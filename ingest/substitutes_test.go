package ingest

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"go.uber.org/zap"

	"relay/conf"
	"relay/frames"
	"relay/frames/frametest"
	"relay/icy"
	"relay/mounts"
)

// substituting runs substitutes in a bubble with a registry of the given
// configuration.
func substituting(t *testing.T, toml string, test func(r *mounts.Registry, s *Substitutes)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, err := conf.Parse("relay.toml", []byte(toml))
		if err != nil {
			t.Fatal(err)
		}
		r := mounts.NewRegistry(conf.NewLive(c), zap.NewNop())
		s := NewSubstitutes(r, conf.NewLive(c), zap.NewNop())
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		test(r, s)
		stop()
		<-done
		r.Close()
	})
}

// source is a live source that plays numbered frames in real time.
type source struct {
	*mounts.Input
	next atomic.Uint64
}

func connect(t *testing.T, r *mounts.Registry, mount string, first uint64) *source {
	t.Helper()
	in, err := r.Attach(mount, mounts.Feed{Station: icy.Station{Name: mount}})
	if err != nil {
		t.Fatal(err)
	}
	s := &source{Input: in}
	s.next.Store(first - 1)
	return s
}

func (s *source) play(d time.Duration) {
	for played := time.Duration(0); played < d; played += stereo128.Duration() {
		s.Write(frames.Frame{Header: stereo128, Data: frametest.Numbered(stereo128, s.next.Add(1))})
		select {
		case <-s.Ended():
			return
		case <-time.After(stereo128.Duration()):
		}
	}
}

// heard returns the numbers of the frames that a mount has played, the last
// burst of it, and 0 for frames without one.
func heard(m *mounts.Mount) (numbers []uint64) {
	at := m.Stream.Behind(1 << 20)
	for f, ok := at.NextFrame(); ok; f, ok = at.NextFrame() {
		n, _ := frametest.Number(f.Data)
		numbers = append(numbers, n)
	}
	return numbers
}

func TestFallbackAndBack(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nfallbacks = ['/backup']\nburst = '512KiB'", func(r *mounts.Registry, s *Substitutes) {
		backup := connect(t, r, "/backup", 100_000)
		backup.SetTitle(mounts.Title{Text: "backup's title"})
		go backup.play(time.Minute)
		time.Sleep(10 * time.Second)
		live := r.Find("/live")
		if live == nil {
			t.Fatal("a mount with a fallback is not there without a source")
		}
		if p := live.Programme(); p.Input != "fallback" || p.Title.Text != "backup's title" || p.Station.Name != "/backup" {
			t.Errorf("plays %+v", p)
		}
		dj := connect(t, r, "/live", 1)
		dj.SetTitle(mounts.Title{Text: "dj's title"})
		dj.play(5 * time.Second)
		if p := live.Programme(); p.Input != "live" || p.Title.Text != "dj's title" {
			t.Errorf("plays %+v", p)
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
		// Whole runs of frames, the grace made up for, and nothing twice.
		numbers, jumps := heard(live), []uint64{}
		for i := 1; i < len(numbers); i++ {
			if numbers[i] != numbers[i-1]+1 {
				jumps = append(jumps, numbers[i])
			}
		}
		if len(jumps) != 2 || jumps[0] != 1 || jumps[1] < 100_000 {
			t.Errorf("jumps to %d", jumps)
		}
		if last := numbers[len(numbers)-1]; backup.next.Load()-last > 20 {
			t.Errorf("the fallback is %d frames behind", backup.next.Load()-last)
		}
		if made := numbers[len(numbers)-1] - jumps[1]; made < 360 {
			t.Errorf("%d frames since the source was lost: the grace was not made up for", made)
		}
		backup.Detach()
		time.Sleep(10 * time.Second)
		if r.Find("/live") != nil {
			t.Error("the mount outlives its fallback")
		}
	})
}

// A fallback that has had its turn does not hold the stream it played.
func TestFallbackLetsGoOfItsStream(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nfallbacks = ['/backup']", func(r *mounts.Registry, s *Substitutes) {
		backup := connect(t, r, "/backup", 1)
		go backup.play(time.Minute)
		time.Sleep(10 * time.Second)
		live := r.Find("/live")
		if p := live.Programme(); p.Input != "fallback" {
			t.Fatalf("plays %+v", p)
		}
		at := backup.Mount.Stream.Behind(1000)
		left := weak.Make(&at.Next()[0])
		dj := connect(t, r, "/live", 1)
		dj.play(40 * time.Second) // more than a burst
		if p := live.Programme(); p.Input != "live" {
			t.Errorf("plays %+v", p)
		}
		runtime.GC()
		if left.Value() != nil {
			t.Error("the fallback's stream is held from where it left the air")
		}
	})
}

func TestFallbacksInOrder(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nfallbacks = ['/first', '/second']\nsilence = true", func(r *mounts.Registry, s *Substitutes) {
		time.Sleep(silenceAfter + time.Second)
		live := r.Find("/live")
		plays := func(want string) {
			t.Helper()
			time.Sleep(time.Second)
			if p := live.Programme(); p.Input+" "+p.Station.Name != want {
				t.Errorf("plays %q, want %q", p.Input+" "+p.Station.Name, want)
			}
		}
		plays("silence ")
		second := connect(t, r, "/second", 1)
		go second.play(time.Hour)
		plays("fallback /second")
		first := connect(t, r, "/first", 1)
		go first.play(time.Hour)
		plays("fallback /first")
		first.Detach()
		time.Sleep(4 * time.Second) // the grace of /first
		plays("fallback /second")
		second.Detach()
		time.Sleep(4 * time.Second)
		plays("silence ")
		if h, _ := live.Format(); h != stereo128 {
			t.Errorf("silence in another format, %+v", h)
		}
	})
}

func TestSilenceKeepsTime(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nsilence = true\nburst = '512KiB'", func(r *mounts.Registry, s *Substitutes) {
		time.Sleep(time.Minute)
		got := r.Find("/live").Status()
		if want := int64((time.Minute - silenceAfter + firstLead).Seconds() * 16000); got.Received < want-4000 || got.Received > want+4000 || got.BitRate != 128 {
			t.Errorf("%d bytes in a minute, want %d", got.Received, want)
		}
	})
}

// Fallbacks by pattern serve mounts that sources make, and do not keep them.
func TestFallbackOfAnUndeclaredMount(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/dj-*'\nfallbacks = ['/backup']", func(r *mounts.Registry, s *Substitutes) {
		go connect(t, r, "/backup", 1).play(time.Hour)
		time.Sleep(time.Minute)
		if r.Find("/dj-a") != nil {
			t.Fatal("a mount that nobody made")
		}
		dj := connect(t, r, "/dj-a", 1)
		dj.play(time.Second)
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
			t.Error("the mount is kept for nobody")
		}
	})
}

// A source that nobody heard, and that is back within the grace, has its
// fallbacks as before.
func TestFallbackOfAnUndeclaredMountAfterABreak(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/dj-*'\nfallbacks = ['/backup']", func(r *mounts.Registry, s *Substitutes) {
		go connect(t, r, "/backup", 1).play(time.Hour)
		dj := connect(t, r, "/dj-a", 1)
		m := dj.Mount
		dj.play(time.Second)
		dj.Detach()
		time.Sleep(time.Second) // the substitutes end
		dj = connect(t, r, "/dj-a", 1)
		dj.play(time.Second)
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
	substituting(t, "[[mount]]\nname = '/live'\nfallbacks = ['/backup']", func(r *mounts.Registry, s *Substitutes) {
		go connect(t, r, "/backup", 1).play(time.Hour)
		go connect(t, r, "/other", 1).play(time.Hour)
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
			t.Error("a mount that is not there has fallbacks")
		}
		if p := live.Programme(); p.Station.Name != "/other" {
			t.Errorf("after what was refused it plays %+v", p)
		}
	})
}

// A player that finds nothing to play leaves the air.
func TestPlayerWithoutMusicLeavesTheAir(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nsilence = true", func(r *mounts.Registry, s *Substitutes) {
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		p := NewPlayer(r, zap.NewNop(), "/live", icy.Station{}, func() (Track, bool) { return nil, false })
		go func() { p.Run(ctx); close(done) }()
		time.Sleep(time.Minute + time.Second)
		if p := r.Find("/live").Programme(); p.Input != "silence" {
			t.Errorf("plays %+v", p)
		}
		stop()
		<-done
	})
}

// A fallback that is pulled on demand is called when nothing else plays, and
// let go when the source is back.
func TestFallbackOnDemand(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nfallbacks = ['/pulled']", func(r *mounts.Registry, s *Substitutes) {
		pulled, err := r.Attach("/pulled", mounts.Feed{Kind: mounts.Relayed})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		audience := &pulled.Mount.Audience
		if !audience.Wanted() {
			t.Fatal("nobody calls the fallback")
		}
		relay := &source{Input: pulled}
		go relay.play(time.Hour)
		time.Sleep(time.Second)
		if p := r.Find("/live").Programme(); p.Input != "fallback" || !audience.Wanted() {
			t.Errorf("plays %+v, wanted %v", p, audience.Wanted())
		}
		dj := connect(t, r, "/live", 1)
		dj.play(time.Second)
		if audience.Wanted() {
			t.Error("the fallback is kept while the source plays")
		}
	})
}
