package ingest

import (
	"context"
	"time"

	"relay/frames"
	"relay/mounts"
)

const (
	// quantum is how far ahead of the clock a deck works: it wakes so often,
	// not for every frame.
	quantum = 100 * time.Millisecond

	// firstLead is what a mount that has never played gets at once, so that
	// its first listeners have a burst.
	firstLead = 5 * time.Second

	// longestDebt bounds what is sent at once after a silence.
	longestDebt = 10 * time.Second
)

// A deck plays frames by the clock. due is when the next frame is to be heard;
// it grows by exact frame durations, so that hours do not drift.
type deck struct {
	in     *mounts.Input
	due    time.Time
	onAir  bool
	paused bool
	cutter frames.Cutter
	slots  chan struct{} // of tapes
}

// play plays one track and returns how many frames it had. While another
// input is on the air it waits, and goes on where it was.
func (d *deck) play(ctx context.Context, track Track) (played int, err error) {
	tape, err := load(ctx, track, d.in.Mount.Config().Charset, d.slots)
	if err != nil {
		return 0, err
	}
	defer tape.stop()
	d.cutter.Reset()
	var title mounts.Title
	for {
		p, err := tape.next(ctx)
		if err != nil {
			return played, err
		}
		if p.title != (mounts.Title{}) {
			title = p.title
		}
		d.cutter.Write(p.data)
		if p.err != nil {
			d.cutter.Finish()
		}
		for f, ok := d.cutter.Next(); ok; f, ok = d.cutter.Next() {
			if played == 0 && title != (mounts.Title{}) {
				d.in.SetTitle(title)
			}
			if err := d.frame(ctx, f); err != nil {
				return played, err
			}
			played++
		}
		switch {
		case p.done():
			return played, nil
		case p.err != nil:
			return played, p.err
		}
	}
}

// frame plays one frame when it is due.
func (d *deck) frame(ctx context.Context, f frames.Frame) error {
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !d.onAir {
			if err := d.takeAir(ctx); err != nil {
				return err
			}
		}
		late := time.Since(d.due)
		switch {
		case late > longestDebt: // after a disk that did not answer, or a machine that slept
			d.due = d.due.Add(late - longestDebt)
		case late < -quantum:
			select {
			case <-time.After(-late):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if d.in.Write(f) {
			d.due = d.due.Add(f.Duration())
			return nil
		}
		d.onAir = false
	}
}

// pause leaves the air to whoever comes next, until there is a frame again.
func (d *deck) pause() {
	d.in.Pause()
	d.paused, d.onAir = true, false
}

// takeAir waits for the air and sets the clock: what the mount has not played
// since it fell silent is due at once, so that listeners' buffers are filled
// again.
func (d *deck) takeAir(ctx context.Context) error {
	if d.paused {
		d.in.Resume()
		d.paused = false
	}
	silentSince, err := d.in.WaitOnAir(ctx)
	if err != nil {
		return err
	}
	d.onAir = true
	d.due = silentSince
	if silentSince.IsZero() {
		d.due = time.Now().Add(-firstLead)
	}
	return nil
}
