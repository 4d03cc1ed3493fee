package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

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
	r = mounts.NewRegistry(conf.NewLive(conf.Default()), zap.NewNop())
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
		began, frame := time.Now(), stereo128.Duration()
		time.Sleep(time.Minute)
		m := r.Find("/live")
		// ahead returns the least that the player is ahead of the clock within
		// some seconds: it works a quantum at a time.
		ahead := func() (least time.Duration) {
			least = time.Hour
			for range 5000 {
				played := time.Duration(m.Status().Received/int64(stereo128.Size)) * frame
				least = min(least, played-time.Since(began)-firstLead)
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
		if first < -frame || first > quantum+frame {
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
func (b brokenTrack) Title(string) mounts.Title { return mounts.Title{Text: "broken"} }
func (b brokenTrack) String() string            { return fmt.Sprint("broken ", b.open) }

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
		r := mounts.NewRegistry(conf.NewLive(conf.Default()), zap.NewNop())
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
		r := mounts.NewRegistry(conf.NewLive(conf.Default()), zap.NewNop())
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
