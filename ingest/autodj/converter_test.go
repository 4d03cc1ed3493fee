package autodj

import (
	"context"
	"io"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/codec"
	"relay/conf"
	"relay/icy"
	"relay/ingest/feed/feedtest"
	"relay/mounts"
)

// opened is a Converter that notes when tracks are opened, and in which format.
type opened struct {
	mu    sync.Mutex
	at    []time.Duration
	to    []codec.Format
	since time.Time
}

func (o *opened) Problem() error { return nil }

func (o *opened) Tags(context.Context, *os.File) (codec.Tags, error) { return codec.Tags{}, nil }

func (o *opened) Track(_ context.Context, open func() (io.ReadCloser, error), to codec.Format, _ int) (io.ReadCloser, error) {
	o.mu.Lock()
	o.at, o.to = append(o.at, time.Since(o.since)), append(o.to, to)
	o.mu.Unlock()
	return open()
}

// list returns when tracks were opened.
func (o *opened) list() []time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.at)
}

// The next track is opened some seconds before the current one ends, in the format of
// the mount, and a skip does not open it twice.
func TestNextTrackIsOpenedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
		const length = 20 * time.Second
		frames := int(length / feedtest.Stereo128.Duration())
		next := inTurn(tone("first", frames), tone("second", frames), tone("third", frames))
		p := NewPlayer(r, zap.NewNop(), "/live", icy.Station{}, next)
		converter := &opened{since: time.Now()}
		p.Converter = converter
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		title := func() string { synctest.Wait(); return r.Find("/live").Programme().Title.Text }
		until := func(is string) time.Duration {
			for title() != is {
				time.Sleep(100 * time.Millisecond)
			}
			return time.Since(converter.since)
		}
		until("first")
		second := until("second")
		if ahead := second - converter.list()[1]; len(converter.list()) != 2 || ahead < openAhead/2 || ahead > 2*openAhead {
			t.Errorf("the second track is opened %v ahead", ahead)
		}
		for len(converter.list()) < 3 {
			title()
			time.Sleep(100 * time.Millisecond)
		}
		if err := p.Skip(); err != nil || title() != "third" || len(converter.list()) != 3 {
			t.Errorf("after the skip plays %q, and %d tracks are opened, %v", title(), len(converter.list()), err)
		}
		stop()
		<-done
		r.Close()
		if last := converter.to[2]; last != feedtest.Stereo128.Format() {
			t.Errorf("opened in %v", last)
		}
	})
}

// Tracks that cannot be opened, or have no byte, do not keep the one after them from being
// opened ahead.
func TestTrackBehindBrokenOnesIsOpenedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
		frames := int(20 * time.Second / feedtest.Stereo128.Duration())
		next := inTurn(tone("first", frames), brokenTrack{}, MemoryTrack{}, brokenTrack{open: true}, tone("second", frames))
		p := NewPlayer(r, zap.NewNop(), "/live", icy.Station{}, next)
		converter := &opened{since: time.Now()}
		p.Converter = converter
		var failed []string
		p.Failed = func(track Track, _ error) { failed = append(failed, track.String()) }
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		for synctest.Wait(); r.Find("/live").Programme().Title.Text != "second"; synctest.Wait() {
			time.Sleep(100 * time.Millisecond)
		}
		second := time.Since(converter.since)
		if ahead := second - converter.list()[4]; len(converter.list()) != 5 || ahead < openAhead/2 || ahead > 2*openAhead {
			t.Errorf("the second track is opened %v ahead", ahead)
		}
		stop()
		<-done
		r.Close()
		if len(failed) != 3 {
			t.Errorf("%q have failed", failed)
		}
	})
}
