package feed

import (
	"context"
	"fmt"
	"time"

	"relay/codec"
	"relay/mounts"
)

// quantum is how far ahead of the clock a pacer works: it wakes that often, not for
// every unit.
const quantum = 250 * time.Millisecond

// A Pacer plays units into an input by the clock of its mount. One goroutine uses it.
type Pacer struct {
	in     *mounts.Input
	onAir  bool
	paused bool
}

// NewPacer returns a pacer that waits for its first unit. The caller detaches in.
func NewPacer(in *mounts.Input) *Pacer { return &Pacer{in: in} }

// Play plays one unit when it is due, and waits while another input is on the air. The
// error is the cause of ctx, why the input ended, or a *ClashError.
func (p *Pacer) Play(ctx context.Context, u codec.Unit) error {
	for {
		if err := p.Await(ctx); err != nil {
			return err
		}
		if played, err := p.Offer(ctx, u); played || err != nil {
			return err
		}
	}
}

// Offer plays one unit when it is due, and reports whether it was played: another input may
// have taken the air. The error is that of Play.
func (p *Pacer) Offer(ctx context.Context, u codec.Unit) (played bool, err error) {
	if ahead := p.in.Ahead(); ahead > quantum {
		select {
		case <-time.After(ahead):
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
	if p.in.Write(u) {
		return true, nil
	}
	p.onAir = false
	if p.in.Clashes(u.Format) {
		return false, &ClashError{u.Format.Codec, p.in.Mount.Format().Codec}
	}
	return false, nil
}

// ClashError means that a unit has another codec than the mount by now.
type ClashError struct{ Unit, Mount codec.Codec }

func (e *ClashError) Error() string {
	return fmt.Sprintf("it is %v and the mount plays %v, and nothing converts it", e.Unit, e.Mount)
}

// Await returns when the input has the air. The error is that of Play.
func (p *Pacer) Await(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case p.onAir:
		return nil
	}
	return p.takeAir(ctx)
}

// Ready returns when a unit of a format can be played. The error is that of Play.
func (p *Pacer) Ready(ctx context.Context, f codec.Format) error {
	if err := p.Await(ctx); err != nil {
		return err
	}
	if p.in.Clashes(f) {
		return &ClashError{f.Codec, p.in.Mount.Format().Codec}
	}
	return nil
}

// Pause leaves the air to the next input until Play is called again.
func (p *Pacer) Pause() {
	p.in.Pause()
	p.paused, p.onAir = true, false
}

// takeAir waits for the air. What the mount owes its listeners is then due at once.
func (p *Pacer) takeAir(ctx context.Context) error {
	if p.paused {
		p.in.Resume()
		p.paused = false
	}
	if err := p.in.WaitOnAir(ctx); err != nil {
		return err
	}
	p.onAir = true
	return nil
}
