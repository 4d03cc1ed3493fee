package ingest

import (
	"context"
	"time"

	"relay/mounts"
)

// playStream gives a mount the stream of another whenever that plays, until
// ctx ends or the mount is idle.
func (s *Substitutes) playStream(ctx context.Context, one substitute) {
	tick := time.NewTicker(s.Pace)
	defer tick.Stop()
	var call demand
	defer call.off()
	for {
		from := s.Registry.Find(one.from)
		call.set(from, from != nil && from.Asleep() && s.silent(one.mount))
		if from != nil && from.Playing() {
			in, err := s.Registry.Attach(one.mount, mounts.Feed{
				Kind: mounts.Fallback, Station: from.Programme().Station, From: one.from,
			})
			if err != nil {
				return // the server is shutting down: names were checked before
			}
			call.off()
			s.follow(ctx, in, from, tick.C)
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

// follow copies the stream of another mount, frame by frame and title by
// title, while the input is on the air. It returns when either ends.
func (s *Substitutes) follow(ctx context.Context, in *mounts.Input, from *mounts.Mount, tick <-chan time.Time) {
	var at mounts.Cursor
	playing := false
	var call demand
	defer call.off()
	for {
		silentSince, onAir := in.OnAir()
		call.set(from, onAir)
		if onAir && !playing {
			at = from.Stream.Behind(owed(silentSince, from))
			in.Retune(from.Programme().Station)
		}
		if playing = onAir && s.copy(in, &at); !playing {
			at = mounts.Cursor{} // which would hold all that follows
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

// silent reports whether a mount plays nothing, or is not there.
func (s *Substitutes) silent(mount string) bool {
	m := s.Registry.Find(mount)
	return m == nil || !m.Playing()
}

// A demand keeps a mount playing that is pulled or encoded for listeners alone.
type demand struct{ done func() }

// set says whether m is needed.
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

// copy plays all that is new at a cursor, and reports whether the input is
// still on the air.
func (s *Substitutes) copy(in *mounts.Input, at *mounts.Cursor) bool {
	for {
		if title := at.Block(); title != nil {
			in.SetTitle(title.Title)
			at.Shown(title)
		}
		f, ok := at.NextFrame()
		if !ok {
			return true
		}
		if !in.Write(f) {
			return false
		}
	}
}

// owed is how many bytes of a stream make up for the time since which a mount
// has played nothing, so that its listeners' buffers are full again.
func owed(silentSince time.Time, from *mounts.Mount) int64 {
	debt := firstLead
	if !silentSince.IsZero() {
		debt = min(time.Since(silentSince), longestDebt)
	}
	return int64(debt.Seconds() * float64(from.Programme().BitRate) * 1000 / 8)
}
