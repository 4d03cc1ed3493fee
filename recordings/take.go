package recordings

import (
	"time"

	"relay/frames"
)

// take is a piece of live programme on its way to the disk.
type take struct {
	at      time.Time     // when it was broadcast
	station string        // name of it
	title   string        // of all its frames
	audio   []byte        // whole frames, one or more
	length  time.Duration // of the audio
	lost    time.Duration // audio before it that found no room in the queue
	over    bool          // no audio: the session has ended
}

// add takes in a copy of a frame.
func (t *take) add(f frames.Frame) {
	t.audio = append(t.audio, f.Data...)
	t.length += f.Duration()
}
