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
	format  format        // of all of them
	length  time.Duration // of the audio
	lost    time.Duration // audio before it that found no room in the queue
	over    bool          // no audio: the session has ended
}

// format is what must not change within a file: few programs that edit audio
// can follow.
type format struct{ sampleRate, channels int }

func formatOf(h frames.Header) format { return format{h.SampleRate, h.Channels} }

// fits reports whether a frame may stand in the same take.
func (t *take) fits(f frames.Frame) bool { return t.length == 0 || t.format == formatOf(f.Header) }

// add takes in a copy of a frame that fits.
func (t *take) add(f frames.Frame) {
	t.format = formatOf(f.Header)
	t.audio = append(t.audio, f.Data...)
	t.length += f.Duration()
}
