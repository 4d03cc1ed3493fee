package recordings

import (
	"time"

	"relay/codec/mp3"
)

// segment is a piece of live programme on its way to the disk.
type segment struct {
	at      time.Time     // when it was broadcast
	station string        // the name of the station
	title   string        // the title of all its frames
	audio   []byte        // whole frames, one or more
	format  format        // the format of all its frames
	length  time.Duration // of the audio
	lost    time.Duration // length of the audio dropped before it because the queue was full
	over    bool          // the session has ended; there is no audio
}

// format is constant within a file, since few audio editors can handle a change.
type format struct{ sampleRate, channels int }

func formatOf(h mp3.Header) format { return format{h.SampleRate, h.Channels} }

// fits reports whether a frame can be added to this segment.
func (t *segment) fits(f mp3.Frame) bool { return t.length == 0 || t.format == formatOf(f.Header) }

// add appends a copy of a frame that fits.
func (t *segment) add(f mp3.Frame) {
	t.format = formatOf(f.Header)
	t.audio = append(t.audio, f.Data...)
	t.length += f.Duration()
}
