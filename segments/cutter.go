package segments

import (
	"math"
	"time"

	"relay/codec"
	"relay/mounts"
)

const (
	// minBreak is how long a break is after which the audio of a segment did not come evenly.
	minBreak = time.Second

	// maxOff is by how much the time of a segment may be wrong, so that it follows the end of
	// the one before it, and slew which part of the difference is corrected at least.
	maxOff = 40 * time.Millisecond
	slew   = 4

	// MaxTitles is how many titles that begin within a segment are told. Only a source that
	// floods the mount sets more.
	MaxTitles = 6
)

// Cutter cuts the stream of a mount into segments. It outlives the mount, and goes on with
// the next one of its name. The zero value has seen no mount. Not for concurrent use.
type Cutter struct {
	ready []*Segment // cut, and not returned yet

	// Of the stream that it follows.
	mount  *mounts.Mount // nil: it does not exist now
	at     mounts.Cursor
	played time.Duration // place of the cursor
	skip   time.Duration // units before this place belong to no segment
	format codec.Format  // of the last unit
	open   *Segment      // being filled; nil: the next unit begins one
	came   time.Time     // when its first unit came in, as far as was known at once
	title  *Title        // in force at the cursor; nil: none yet

	number, domain int64     // of the segment that is open or comes next
	begun          bool      // there was a segment
	broken         bool      // the next segment does not continue the last one
	ended          time.Time // when the last segment had been heard
}

// Cut returns the segments that are complete since the last call, in the stream of a mount;
// nil: it does not exist now.
func (c *Cutter) Cut(m *mounts.Mount) []*Segment {
	if m != c.mount {
		if c.mount != nil { // it has ended
			c.cut()
			c.finish()
		}
		c.follow(m)
	}
	if m != nil {
		ended := m.Stream.Ended() // load it before the units
		c.cut()
		if ended {
			c.finish()
		}
	}
	ready := c.ready
	c.ready = nil
	return ready
}

// follow begins with the stream of another mount.
func (c *Cutter) follow(m *mounts.Mount) {
	c.mount, c.title = m, nil
	if m == nil {
		return
	}
	c.at = m.Stream.Behind(math.MaxInt64)
	c.played = c.at.Played()
	slots := (c.played + Length - 1) / Length
	c.skip = slots * Length
	c.format, c.broken = codec.Format{}, true
	if !c.begun {
		c.number = m.Stream.Epoch.Began.Unix()/int64(Length/time.Second) + int64(slots)
	}
}

// cut takes in all units up to the end of the stream.
func (c *Cutter) cut() {
	for len(c.at.Next()) > 0 { // another title may replace one that no audio has followed yet
		if mark := c.at.Block(); mark != nil {
			c.at.Shown(mark)
			c.begin(mark)
		}
		first := c.at
		u, ok := c.at.NextUnit()
		if !ok {
			return
		}
		if u.Format != c.format {
			c.finish()
			if c.format.Codec != nil { // every cutter begins a segment here
				c.skip, c.broken = c.played, true
			}
			c.format = u.Format
		}
		began := c.played
		c.played += u.Length
		if began < c.skip {
			continue
		}
		if c.open == nil {
			c.openAt(first, began)
		}
		c.open.Size += len(u.Data)
		c.open.Length += u.Length
		if c.played/Length > c.open.Place/Length {
			c.finish()
		}
	}
}

// openAt opens a segment at a place.
func (c *Cutter) openAt(at mounts.Cursor, played time.Duration) {
	if c.broken && c.begun {
		c.domain++
	}
	c.broken = false
	at.IgnoreTitles()
	e := c.mount.Stream.Epoch
	c.open = &Segment{at: at, Facts: Facts{Number: c.number, Domain: c.domain, Epoch: e.ID, EpochBegan: e.Began, Place: played, Format: c.format, Title: c.title}}
	c.came = c.mount.CameAt(played)
}

// begin notes a title that begins at the cursor.
func (c *Cutter) begin(mark *mounts.TitleMark) {
	tags := codec.TagsOf(mark.Text)
	switch {
	case c.title != nil && c.title.Tags == tags:
		return // another input with the same title
	case c.title == nil && tags == codec.Tags{} && !c.begun:
		return // no title has begun yet
	}
	t := Title{place: c.played, Tags: tags, Play: mark.Play}
	c.title = &t
	if c.open == nil {
		return
	}
	t.Offset = c.open.Size
	if n := len(c.open.Titles); n == MaxTitles {
		c.open.Titles = c.open.Titles[:n-1]
	}
	c.open.Titles = append(c.open.Titles, t)
}

// finish completes the open segment.
func (c *Cutter) finish() {
	s := c.open
	if s == nil {
		return
	}
	c.open = nil
	came := c.mount.CameAt(s.Place)  // more exact than before, when a burst had only begun
	if came.Sub(c.came) > minBreak { // there was a break within the segment
		came = c.came
	}
	s.Began = c.timeOf(came)
	for i := range s.Titles {
		s.Titles[i].Began = s.Began.Add(s.Titles[i].place - s.Place)
	}
	if n := len(s.Titles); n > 0 && c.title != nil && c.title.place == s.Titles[n-1].place {
		older := s.Titles[n-1]
		older.Offset = 0
		c.title = &older
	}
	if t := s.Title; t != nil && t.Began.IsZero() {
		t.Began = s.Began.Add(t.place - s.Place)
	}
	c.number++
	c.begun, c.ended = true, s.Ended()
	c.ready = append(c.ready, s)
}

// timeOf returns the time of the segment that follows the last one, given when its audio
// came in. Times follow each other as the audio does, apart from what the clock of the
// source differs from ours.
func (c *Cutter) timeOf(came time.Time) time.Time {
	came = came.UTC().Round(time.Millisecond)
	if !c.begun {
		return came
	}
	off := came.Sub(c.ended)
	return came.Add(-min(max(off-off/slew, -maxOff), maxOff))
}
