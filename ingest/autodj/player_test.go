package autodj

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/icy"
	"relay/ingest/feed/feedtest"
	"relay/mounts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// How far a feed.Pacer plays ahead of the clock.
const (
	pacerLead    = 5 * time.Second // at once, on a mount that has never played
	pacerQuantum = 250 * time.Millisecond
)

// tone returns a track of n numbered frames.
func tone(title string, n int) MemoryTrack {
	return MemoryTrack{Name: mounts.Title{Text: title}, MP3: feedtest.Frames(1, uint64(n))}
}

// inTurn plays tracks one after the other, over and over.
func inTurn(tracks ...Track) func() (Track, bool) {
	n := -1
	return func() (Track, bool) {
		n++
		return tracks[n%len(tracks)], true
	}
}

// startPlayer plays tracks into /live until stop is called.
func startPlayer(t *testing.T, tracks ...Track) (r *mounts.Registry, stop func()) {
	r = mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
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

// A day of short tracks: the time played agrees with the clock, to a quantum.
func TestPlayerKeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, stop := startPlayer(t, tone("one", 500), tone("two", 333))
		const day = 24 * time.Hour
		began, frame := time.Now(), feedtest.Stereo128.Duration()
		time.Sleep(time.Minute)
		m := r.Find("/live")
		// ahead returns the least that the player is ahead of the clock within some
		// seconds: it works a quantum at a time.
		ahead := func() (least time.Duration) {
			least = time.Hour
			for range 5000 {
				played := time.Duration(m.Status().Received/int64(feedtest.Stereo128.Size)) * frame
				least = min(least, played-time.Since(began)-pacerLead)
				time.Sleep(time.Millisecond)
			}
			return least
		}
		first := ahead()
		time.Sleep(day)
		last := ahead()
		if drift := last - first; drift < -50*time.Millisecond || drift > 50*time.Millisecond {
			t.Errorf("%v of drift in a day", drift)
		}
		if first < -frame || first > pacerQuantum+frame {
			t.Errorf("%v ahead of the clock", first)
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
		f := mp3.Frame{Header: feedtest.Stereo128, Data: frametest.Numbered(feedtest.Stereo128, 1)}.Unit()
		live.Write(f)
		before, wrote := m.Status().Received, int64(0)
		for end := time.Now().Add(time.Minute); time.Now().Before(end); {
			time.Sleep(f.Length)
			live.Write(f)
			wrote += int64(len(f.Data))
		}
		if got := m.Status().Received - before; got != wrote {
			t.Errorf("%d bytes were played while a live source was on the air", got-wrote)
		}
		listener := &mounts.Listener{}
		if err := m.Audience.Join(listener); err != nil {
			t.Fatal(err)
		}
		live.Detach()
		before = m.Stream.End()
		time.Sleep(10 * time.Second)
		played := time.Duration((m.Stream.End()-before)/int64(len(f.Data))) * f.Length
		if late := 10*time.Second - played; late < -pacerQuantum-f.Length || late > pacerQuantum {
			t.Errorf("%v of the time since the source was lost were not made up for", late)
		}
		if m.Programme().Title.Text != "music" {
			t.Errorf("title %q", m.Programme().Title.Text)
		}
		stop()
	})
}

// brokenTrack cannot be opened, or fails while it is read.
type brokenTrack struct{ open bool }

func (b brokenTrack) Open() (io.ReadCloser, error) {
	if !b.open {
		return nil, errors.New("vanished")
	}
	return io.NopCloser(io.MultiReader(errorReader{})), nil
}
func (b brokenTrack) Title(string) mounts.Title { return mounts.Title{Text: "broken"} }
func (b brokenTrack) String() string            { return fmt.Sprint("broken ", b.open) }

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errors.New("bad disk") }

func TestBrokenTracksNeverStopTheMusic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, stop := startPlayer(t, brokenTrack{}, tone("whole", 100), brokenTrack{open: true}, MemoryTrack{MP3: []byte("no audio")}, MemoryTrack{})
		time.Sleep(time.Hour)
		m := r.Find("/live")
		played := time.Duration(m.Status().Received/int64(feedtest.Stereo128.Size)) * feedtest.Stereo128.Duration()
		if played < time.Hour {
			t.Errorf("%v of an hour were played", played)
		}
		if got := m.Programme().Title.Text; got != "whole" {
			t.Errorf("title %q", got)
		}
		stop()
	})
}

// If the only track cannot be played, it is tried again at longer and longer
// intervals; once there is a playable track, it plays.
func TestPlayerWithBrokenMusicWaits(t *testing.T) {
	for name, broken := range map[string]Track{
		"no frame": MemoryTrack{MP3: []byte("no audio")}, "empty": MemoryTrack{}, "vanished": brokenTrack{}, "breaks off": brokenTrack{open: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			var tried atomic.Int64
			var track atomic.Pointer[Track]
			track.Store(&broken)
			r := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
			p := NewPlayer(r, zap.NewNop(), "/live", icy.Station{}, func() (Track, bool) {
				tried.Add(1)
				return *track.Load(), true
			})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- p.Run(ctx) }()
			time.Sleep(time.Hour)
			if n, most := tried.Load(), 10+int64(time.Hour/maxRest); n < most/2 || n > most {
				t.Errorf("%s: tried %d times in an hour", name, n)
			}
			var whole Track = tone("whole", 100)
			track.Store(&whole)
			time.Sleep(maxRest + time.Second)
			if got := r.Find("/live").Programme().Title.Text; got != "whole" {
				t.Errorf("%s: then it plays %q", name, got)
			}
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
			r.Close()
		})
	}
}

// A player without tracks asks for one at intervals and does not spin.
func TestPlayerWithoutMusicWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		r := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
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
		r := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
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

// A player without tracks leaves the air.
func TestPlayerWithoutMusicLeavesTheAir(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		only := tone("only", 100)
		var found atomic.Bool
		found.Store(true)
		r := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
		silence, err := r.Attach("/live", mounts.Feed{Kind: mounts.Silent})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		p := NewPlayer(r, zap.NewNop(), "/live", icy.Station{}, func() (Track, bool) { return only, found.Load() })
		go func() { done <- p.Run(ctx) }()
		for _, want := range []string{"files", "silence"} {
			time.Sleep(time.Minute)
			silence.Write(mp3.Frame{Header: feedtest.Stereo128, Data: frametest.Numbered(feedtest.Stereo128, 1)}.Unit())
			if p := r.Find("/live").Programme(); p.Input != want {
				t.Errorf("plays %s, want %s", p.Input, want)
			}
			found.Store(false)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		r.Close()
	})
}
