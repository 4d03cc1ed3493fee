package hls

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"relay/codec"
	"relay/codec/aac"
	"relay/codec/mp3"
	"relay/mounts"
)

const (
	// target is how long a segment is, to within a unit (HLS Authoring Specification, 7.5).
	target = 6 * time.Second

	// leastListed is how many segments a playlist needs (8.11): a mount that nobody hears
	// by HLS keeps no more.
	leastListed = 6

	// spare is for how long a segment is kept after it has left the playlist. RFC 8216,
	// section 6.2.2, wants as long as the playlist is, which would double the memory: players
	// fetch the oldest segment of a live playlist only while they rewind.
	spare = 3 * target

	// wantedFor is how long after the last request a mount keeps its whole window.
	wantedFor = 10 * time.Minute

	// minBreak is how long a break is after which the audio of a segment did not come evenly.
	minBreak = time.Second

	// maxOff is by how much the time of a segment may be wrong, so that it follows the end of
	// the one before it, and slew which part of the difference is corrected at least.
	maxOff = 40 * time.Millisecond
	slew   = 4

	// maxTitles is how many titles that begin within a segment are told. Only a source that
	// floods the mount sets more.
	maxTitles = 6
)

// tape is the recent past of a mount in segments. It outlives the mount, so that players
// find the stream again. Safe for concurrent use.
type tape struct {
	mu       sync.Mutex
	segments []*segment // oldest first
	window   time.Duration
	wanted   time.Time     // when a client last asked for it
	changed  chan struct{} // closed when there is a new segment
	playlist *playlist     // of the segments; nil: to be made
	first    int64         // number of the first segment that was listed last

	// Of the stream that it follows.
	mount  *mounts.Mount // nil: it does not exist now
	gone   time.Time     // since when
	at     mounts.Cursor
	played time.Duration // place of the cursor
	skip   time.Duration // units before this place belong to no segment
	format codec.Format  // of the last unit
	open   *segment      // being filled; nil: the next unit begins one
	opened time.Duration // place of its first unit
	came   time.Time     // when that came in, as far as was known at once
	title  *title        // in force at the cursor; nil: none yet

	number, domain int64         // of the segment that is open or comes next
	broken         bool          // the next segment does not continue the last one
	total          time.Duration // audio of all segments so far
}

func newTape() *tape { return &tape{changed: make(chan struct{})} }

// packed reports whether audio of a codec can be a segment as it is.
func packed(c codec.Codec) bool { return c == mp3.Codec || c == aac.Codec }

// advance cuts everything new in the stream of a mount, nil if it does not exist.
func (t *tape) advance(m *mounts.Mount, window time.Duration, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.window = window
	if m != t.mount {
		if t.mount != nil { // it has ended
			t.cut()
			t.finish()
		}
		t.follow(m, now)
	}
	if m != nil {
		ended := m.Stream.Ended() // load it before the units
		t.cut()
		if ended {
			t.finish()
		}
	}
	t.forget(now)
}

// follow begins with the stream of another mount. Its segments begin at the same places,
// whenever the tape begins.
func (t *tape) follow(m *mounts.Mount, now time.Time) {
	t.mount, t.title, t.gone = m, nil, now
	if m == nil {
		return
	}
	t.at = m.Stream.Behind(math.MaxInt64)
	t.played = t.at.Played()
	slots := (t.played + target - 1) / target
	t.skip = slots * target
	t.format, t.broken = codec.Format{}, true
	if len(t.segments) == 0 { // what is listed is numbered in a row
		t.number = max(t.number, m.Stream.Epoch.Began.Unix()/int64(target/time.Second)+int64(slots))
	}
}

// cut takes in all units up to the end of the stream.
func (t *tape) cut() {
	for len(t.at.Next()) > 0 { // another title may replace one that no audio has followed yet
		if mark := t.at.Block(); mark != nil {
			t.at.Shown(mark)
			t.begin(mark)
		}
		first := t.at
		u, ok := t.at.NextUnit()
		if !ok {
			return
		}
		if u.Format != t.format {
			t.finish()
			if t.format.Codec != nil { // every tape begins a segment here
				t.skip, t.broken = t.played, true
			}
			t.format = u.Format
		}
		began := t.played
		t.played += u.Length
		if !packed(u.Format.Codec) || began < t.skip {
			continue
		}
		if t.open == nil {
			t.openAt(first, began)
		}
		t.open.units += len(u.Data)
		t.open.length += u.Length
		if t.played/target > t.opened/target {
			t.finish()
		}
	}
}

// openAt opens a segment at a place.
func (t *tape) openAt(at mounts.Cursor, played time.Duration) {
	if t.broken && len(t.segments) > 0 {
		t.domain++
	}
	t.broken = false
	at.IgnoreTitles()
	t.open = &segment{number: t.number, domain: t.domain, format: t.format, before: t.title, at: at}
	t.opened, t.came = played, t.mount.CameAt(played)
}

// begin notes a title that begins at the cursor.
func (t *tape) begin(mark *mounts.TitleMark) {
	tags := codec.TagsOf(mark.Text)
	switch {
	case t.title != nil && t.title.Tags == tags:
		return // another input with the same title
	case t.title == nil && tags == codec.Tags{} && len(t.segments) == 0:
		return // no title has begun yet
	}
	t.title = &title{
		id:   fmt.Sprintf("%016x-%d", t.mount.Stream.Epoch.ID, t.played.Milliseconds()),
		Tags: tags, played: t.played,
	}
	switch {
	case t.open == nil:
	case len(t.open.titles) == maxTitles:
		t.open.titles[maxTitles-1] = t.title
	default:
		t.open.titles = append(t.open.titles, t.title)
	}
}

// finish adds the open segment to the others.
func (t *tape) finish() {
	s := t.open
	if s == nil {
		return
	}
	t.open = nil
	t.number++
	t.total += s.length
	s.after = t.total
	e := t.mount.Stream.Epoch
	s.name = nameOf(e, t.opened, s.format.Codec)
	s.head = headOf(e, t.opened, s.before)
	came := t.mount.CameAt(t.opened) // more exact than before, when a burst had only begun
	if came.Sub(t.came) > minBreak { // there was a break within the segment
		came = t.came
	}
	s.began = t.timeOf(came)
	for _, title := range s.titles {
		title.began = s.began.Add(title.played - t.opened)
	}
	if b := s.before; b != nil && b.began.IsZero() {
		b.began = s.began.Add(b.played - t.opened)
	}
	t.segments = append(t.segments, s)
	t.playlist = nil
	close(t.changed)
	t.changed = make(chan struct{})
}

// timeOf returns the time of the segment that follows the last one, given when its audio
// came in. Times follow each other as the audio does, apart from what the clock of the
// source differs from ours.
func (t *tape) timeOf(came time.Time) time.Time {
	came = came.UTC().Round(time.Millisecond)
	if len(t.segments) == 0 {
		return came
	}
	off := came.Sub(t.segments[len(t.segments)-1].end())
	return came.Add(-min(max(off-off/slew, -maxOff), maxOff))
}

// forget drops segments that no playlist needs any longer. Their age is counted in audio,
// since the clock of the day may be set.
func (t *tape) forget(now time.Time) {
	keep := leastListed*target - target/2 // some are shorter by a unit
	if now.Sub(t.wanted) <= wantedFor {
		keep = t.window + spare
	}
	i := 0
	for i < len(t.segments)-leastListed && t.total-t.segments[i].after >= keep {
		i++
	}
	if i > 0 {
		t.segments = slices.Delete(t.segments, 0, i) // clears the rest, so that its audio is freed
		t.playlist = nil
	}
}

// listed returns the segments of the playlist, at least one. Its first one is never one
// that an earlier playlist has left out (RFC 8216, section 6.2.2).
func (t *tape) listed() []*segment {
	i := slices.IndexFunc(t.segments, func(s *segment) bool {
		return s.number >= t.first && t.total-s.after+s.length <= t.window+target/2
	})
	if least := max(0, len(t.segments)-leastListed); i < 0 || i > least {
		i = least
	}
	t.first = t.segments[i].number
	return t.segments[i:]
}

// want returns the playlist, or nil if it has no segments yet: then more is closed when it
// has. It notes that a client asks for it.
func (t *tape) want(now time.Time) (p *playlist, more <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted = now
	return t.current(), t.changed
}

// offer returns the playlist for one that only describes it, or nil.
func (t *tape) offer() *playlist {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current()
}

// current returns the playlist, or nil if it has no segments. t.mu is held.
func (t *tape) current() *playlist {
	if t.playlist == nil && len(t.segments) > 0 {
		t.playlist = newPlaylist(t.listed())
	}
	return t.playlist
}

// find returns the segment with a file name, or nil.
func (t *tape) find(name string) *segment {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range slices.Backward(t.segments) { // clients mostly want the latest
		if s.name == name {
			return s
		}
	}
	return nil
}

// isIdle reports whether the mount is gone, and no player waits any longer for it to come
// back.
func (t *tape) isIdle(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mount == nil && (now.Sub(t.gone) > t.window || now.Sub(t.wanted) > wantedFor)
}
