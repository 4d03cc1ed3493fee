package mounts

import "relay/codec"

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
