package ingest

import (
	"context"
	"errors"
	"io"
	"time"

	"go.uber.org/zap"

	"relay/frames"
	"relay/icy"
	"relay/mounts"
)

const (
	// quantum is how far ahead of the clock a player works: it wakes so often,
	// not for every frame.
	quantum = 100 * time.Millisecond

	// firstLead is what a mount that has never played gets at once, so that
	// its first listeners have a burst.
	firstLead = 5 * time.Second

	// longestDebt bounds what is sent at once after a silence.
	longestDebt = 10 * time.Second

	// retryEmpty is the pause when there is nothing to play, or when as many
	// tracks as mostBroken in a row could not be played.
	retryEmpty = 5 * time.Second
	mostBroken = 20
)

// errSkipped ends a track that somebody wants no more of.
var errSkipped = errors.New("skipped")

// Track is one piece of music.
type Track interface {
	Open() (io.ReadCloser, error)
	Title() mounts.Title // zero: it goes under the title before it
	String() string      // for the log
}

// Player plays tracks into a mount in real time, for ever, whenever no live
// source is there.
type Player struct {
	Registry *mounts.Registry
	Log      *zap.Logger
	Mount    string
	Station  icy.Station
	Next     func() (Track, bool) // what comes next; false: nothing now

	skip chan struct{}
}

// NewPlayer returns a player at rest; Run sets it to work.
func NewPlayer(r *mounts.Registry, log *zap.Logger, mount string, station icy.Station, next func() (Track, bool)) *Player {
	return &Player{Registry: r, Log: log, Mount: mount, Station: station, Next: next, skip: make(chan struct{}, 1)}
}

// Skip ends the track that is playing, at a frame.
func (p *Player) Skip() {
	select {
	case p.skip <- struct{}{}:
	default:
	}
}

// Run plays until ctx ends or the mount lets the player go.
func (p *Player) Run(ctx context.Context) error {
	in, err := p.Registry.Attach(p.Mount, mounts.Feed{Kind: mounts.Files, Station: p.Station})
	if err != nil {
		return err
	}
	defer in.Detach()
	deck := &deck{in: in, skip: p.skip}
	for broken := 0; ; {
		track, ok := p.Next()
		if ok {
			n, err := deck.play(ctx, track)
			switch {
			case ctx.Err() != nil || errors.Is(err, mounts.ErrShutdown):
				return nil
			case errors.Is(err, errSkipped):
				p.Log.Info("track ended by the operator", zap.String("mount", p.Mount), zap.Stringer("track", track))
			case err != nil:
				p.Log.Warn("track skipped", zap.String("mount", p.Mount), zap.Stringer("track", track), zap.Error(err))
			case n == 0:
				p.Log.Warn("track skipped: it holds no MP3 frame", zap.String("mount", p.Mount), zap.Stringer("track", track))
			}
			broken++
			if n > 0 {
				broken = 0
			}
		}
		if !ok || broken >= mostBroken { // leave the air to whoever comes next
			broken = 0
			in.Pause()
			select {
			case <-time.After(retryEmpty):
			case <-ctx.Done():
				return nil
			}
			in.Resume()
		}
	}
}

// A deck plays frames by the clock. due is when the next frame is to be heard;
// it grows by exact frame durations, so that hours do not drift.
type deck struct {
	in     *mounts.Input
	skip   <-chan struct{} // nil: nobody can
	due    time.Time
	onAir  bool
	cutter frames.Cutter
	buf    [16 << 10]byte
}

// play plays one track and returns how many frames it had. While another
// input is on the air it waits, and goes on where it was.
func (d *deck) play(ctx context.Context, track Track) (played int, err error) {
	file, err := track.Open()
	if err != nil {
		return 0, err
	}
	defer file.Close()
	d.cutter.Reset()
	for readErr := error(nil); readErr == nil; {
		var n int
		n, readErr = file.Read(d.buf[:])
		d.cutter.Write(d.buf[:n])
		if readErr != nil {
			d.cutter.Finish()
		}
		for f, ok := d.cutter.Next(); ok; f, ok = d.cutter.Next() {
			if played == 0 {
				d.announce(track)
			}
			if err := d.frame(ctx, f); err != nil {
				return played, err
			}
			played++
		}
		if readErr != nil && readErr != io.EOF {
			return played, readErr
		}
	}
	return played, nil
}

func (d *deck) announce(track Track) {
	if title := track.Title(); title != (mounts.Title{}) {
		d.in.SetTitle(title)
	}
}

// frame plays one frame when it is due.
func (d *deck) frame(ctx context.Context, f frames.Frame) error {
	for {
		select {
		case <-d.skip:
			return errSkipped
		default:
		}
		if !d.onAir {
			if err := d.takeAir(ctx); err != nil {
				return err
			}
		}
		if wait := time.Until(d.due) - quantum; wait > 0 {
			select {
			case <-time.After(wait + quantum):
			case <-d.skip:
				return errSkipped
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if d.in.Write(f) {
			d.due = d.due.Add(f.Duration())
			return nil
		}
		d.onAir = false
	}
}

// takeAir waits for the air and sets the clock: what the mount has not played
// since it fell silent is due at once, so that listeners' buffers are filled
// again.
func (d *deck) takeAir(ctx context.Context) error {
	silentSince, err := d.in.WaitOnAir(ctx)
	if err != nil {
		return err
	}
	d.onAir = true
	d.due = silentSince
	now := time.Now()
	switch {
	case silentSince.IsZero():
		d.due = now.Add(-firstLead)
	case now.Sub(silentSince) > longestDebt:
		d.due = now.Add(-longestDebt)
	}
	return nil
}
