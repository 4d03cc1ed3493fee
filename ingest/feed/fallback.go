package feed

import (
	"context"
	"time"

	"relay/mounts"
)

// playStream gives a mount the stream of another whenever that one plays, until ctx
// is done or the mount is idle.
func (s *Fallbacks) playStream(ctx context.Context, one standIn) {
	tick := time.NewTicker(s.Pace)
	defer tick.Stop()
	var call demand
	defer call.off()
	for {
		from := s.Registry.Find(one.from)
		call.set(from, from != nil && from.Asleep() && s.silent(one.mount))
		if from != nil && from.Playing() {
			in, err := s.Registry.Attach(one.mount, mounts.Feed{
				Kind: mounts.Fallback, Station: from.Programme().Station, From: one.from, Format: from.Format(),
			})
			if err != nil {
				return // the server is shutting down; names have been checked
			}
			call.off()
			s.playMount(ctx, in, from, tick.C)
			in.Detach()
		}
		if m := s.Registry.Find(one.mount); m != nil && s.idle(m) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// playMount copies the stream of another mount, unit by unit and title by title,
// while the input is on the air. It returns when that mount stops, the input ends,
// its mount is idle or ctx is done.
func (s *Fallbacks) playMount(ctx context.Context, in *mounts.Input, from *mounts.Mount, tick <-chan time.Time) {
	var at mounts.Cursor
	playing, end := false, int64(0)
	var call demand
	defer call.off()
	for {
		in.ExpectFormat(from.Format())
		if now := from.Stream.End(); now != end { // it plays on, after it may have stalled
			end = now
			in.Resume()
		}
		onAir := in.OnAir()
		call.set(from, onAir)
		if onAir && !playing {
			at = from.Stream.Behind(max(0, -in.Ahead()))
			in.Retune(from.Programme().Station)
		}
		if playing = onAir && s.copy(in, &at); !playing {
			at = mounts.Cursor{} // a cursor keeps all later chunks in memory
		}
		if !from.Playing() || s.Registry.Find(from.Name) != from || s.idle(in.Mount) {
			return
		}
		select {
		case <-tick:
		case <-in.Ended():
			return
		case <-ctx.Done():
			return
		}
	}
}

// silent reports whether nothing is on the air of a mount, or it does not exist. What it
// falls back on must be awake when its grace is over.
func (s *Fallbacks) silent(mount string) bool {
	m := s.Registry.Find(mount)
	return m == nil || !m.OnAir()
}

// A demand counts as a listener of a mount that is pulled or encoded on demand, so
// that it plays.
type demand struct{ done func() }

// set begins the demand for m if needed, and else ends it.
func (d *demand) set(m *mounts.Mount, needed bool) {
	switch {
	case needed && d.done == nil:
		d.done = m.Audience.Want()
	case !needed:
		d.off()
	}
}

func (d *demand) off() {
	if d.done != nil {
		d.done()
		d.done = nil
	}
}

// copy plays everything new at a cursor, as far as the mount has room for it, and
// reports whether the input is still on the air.
func (s *Fallbacks) copy(in *mounts.Input, at *mounts.Cursor) bool {
	for in.Room() > 0 {
		if title := at.Block(); title != nil {
			in.CarryTitle(title)
			at.Shown(title)
		}
		u, ok := at.NextUnit()
		if !ok {
			return true
		}
		if !in.Write(u) {
			return false
		}
	}
	return in.OnAir()
}
