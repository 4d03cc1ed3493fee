package mounts

import (
	"time"

	"relay/codec"
)

// Replay is a stream of what a mount has played before, for one listener. Only its listener
// uses it.
type Replay struct{ *Stream }

// NewReplay returns a replay without audio.
func NewReplay() Replay { return Replay{newStream(kept{})} }

// Start returns a cursor at the beginning. Call it before Play.
func (r Replay) Start() Cursor { return Cursor{chunk: r.head.Load(), title: r.title.Load()} }

// Play adds audio. It need not be a whole unit: what follows in the replay continues it.
func (r Replay) Play(u codec.Unit) { r.append(u, nil) }

// Begin puts a title before the audio that is played next.
func (r Replay) Begin(t Title, play int64) { r.mark(Fallback, t, play) }

// After returns a cursor at the first unit that begins at a place in time or later; ok is
// false if there is none yet.
func (s *Stream) After(place time.Duration) (at Cursor, ok bool) {
	if s.Played() <= place {
		return Cursor{}, false
	}
	at = s.Behind(s.Played() - place)
	return at, len(at.Next()) > 0
}

// Reaches returns a cursor at the unit with a place in time; ok is false if the stream is
// not kept so far back, or no unit begins there.
func (s *Stream) Reaches(place time.Duration) (at Cursor, ok bool) {
	at = s.Behind(s.Played() - place)
	return at, at.Played() == place
}
