package recordings

import (
	"slices"
	"time"

	"relay/codec"
)

// segment is a piece of live programme on its way to the disk.
type segment struct {
	at      time.Time     // when it was broadcast
	station string        // the name of the station
	title   string        // the title of all its units
	units   []codec.Unit  // one or more
	format  codec.Format  // the format of all its units, which is constant within a file
	length  time.Duration // of the audio
	lost    time.Duration // length of the audio dropped before it because the queue was full
	over    bool          // the session has ended; there is no audio
}

// fits reports whether a unit can be added to this segment.
func (t *segment) fits(u codec.Unit) bool { return t.length == 0 || t.format == u.Format }

// add appends a copy of a unit that fits.
func (t *segment) add(u codec.Unit) {
	u.Data = slices.Clone(u.Data)
	t.format = u.Format
	t.units = append(t.units, u)
	t.length += u.Length
}
