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

	// spare is for how long a segment is kept after it has left the playlist.
	spare = 3 * target

	// wantedFor is how long after the last request a mount keeps its whole window.
	wantedFor = 10 * time.Minute

	// maxSlew is by how much the time of a segment may differ from the end of the one before
	// it and still follow it: beyond that, there was a break.
	maxSlew = time.Second

	// slew is which part of such a difference is corrected with each segment.
	slew = 4
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

	// Of the stream that it follows.
	mount  *mounts.Mount
	at     mounts.Cursor
	played time.Duration // place of the cursor
	skip   time.Duration // units before this place belong to no segment
	base   time.Duration // segments end at multiples of target after it
	open   *segment      // being filled; nil: the next unit begins one
	opened time.Duration // place of its first unit
	title  *title        // in force at the cursor; nil: none yet

	number, domain int64 // of the segment that is open or comes next
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
		t.finish()
		t.follow(m)
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
func (t *tape) follow(m *mounts.Mount) {
	t.mount, t.title = m, nil
	if m == nil {
		return
	}
	t.at = m.Stream.Behind(math.MaxInt64)
	t.played = t.at.Played()
	slots := (t.played + target - 1) / target
	t.base = 0
	t.skip = slots * target
	t.number = max(t.number, m.Stream.Epoch.Began.Unix()/int64(target/time.Second)+int64(slots))
	if len(t.segments) > 0 { // what is listed is numbered in a row
		t.number = t.segments[len(t.segments)-1].number + 1
		t.domain++
	}
}

// cut takes in all units up to the end of the stream.
func (t *tape) cut() {
	for {
		if mark := t.at.Block(); mark != nil {
			t.at.Shown(mark)
			t.begin(mark)
		}
		first := t.at
		u, ok := t.at.NextUnit()
		if !ok {
			return
		}
		if t.open != nil && u.Format != t.open.format {
			t.finish()
			t.domain++
			t.base, t.skip = t.played, t.played
		}
		began := t.played
		t.played += u.Length
		if !packed(u.Format.Codec) || began < t.skip {
			continue
		}
		if t.open == nil {
			first.IgnoreTitles()
			t.open = &segment{number: t.number, domain: t.domain, format: u.Format, before: t.title, at: first}
			t.opened = began
		}
		t.open.units += len(u.Data)
		t.open.length += u.Length
		if (t.played-t.base)/target > (t.opened-t.base)/target {
			t.finish()
		}
	}
}

// begin notes a title that begins at the cursor.
func (t *tape) begin(mark *mounts.TitleMark) {
	tags := codec.TagsOf(mark.Text)
	if t.title != nil && t.title.Tags == tags {
		return // another input with the same title
	}
	t.title = &title{
		id:   fmt.Sprintf("%016x-%d", t.mount.Stream.Epoch.ID, t.played.Milliseconds()),
		Tags: tags, played: t.played,
	}
	switch {
	case t.open == nil:
	case t.title.played == t.opened:
		t.open.before = t.title
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
	e := t.mount.Stream.Epoch
	s.name = nameOf(e, s.number, s.format.Codec)
	s.head = headOf(e, t.opened, s.before)
	s.began = t.timeOf(t.mount.CameAt(t.opened))
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
	follows := t.segments[len(t.segments)-1].end()
	off := came.Sub(follows)
	if off.Abs() > maxSlew {
		return came
	}
	return follows.Add(off / slew)
}

// forget drops segments that no playlist needs any longer.
func (t *tape) forget(now time.Time) {
	if len(t.segments) == 0 {
		return
	}
	last := t.segments[len(t.segments)-1]
	keep := t.listedFor(now) + spare
	i := 0
	for i < len(t.segments)-leastListed && last.end().Sub(t.segments[i].end()) > keep {
		i++
	}
	if i > 0 {
		t.segments = slices.Delete(t.segments, 0, i) // clears the rest, so that its audio is freed
		t.playlist = nil
	}
}

// listedFor returns how much of the past playlists have.
func (t *tape) listedFor(now time.Time) time.Duration {
	if now.Sub(t.wanted) > wantedFor {
		return leastListed * target
	}
	return t.window
}

// listed returns the segments of the playlist.
func (t *tape) listed(now time.Time) []*segment {
	if len(t.segments) == 0 {
		return nil
	}
	last, most := t.segments[len(t.segments)-1], t.listedFor(now)
	i := slices.IndexFunc(t.segments, func(s *segment) bool { return last.end().Sub(s.began) <= most })
	return t.segments[max(0, min(i, len(t.segments)-leastListed)):]
}

// want returns the playlist, and whether it has segments; if not, more is closed when it
// has. It notes that a client asks for it.
func (t *tape) want(now time.Time) (p *playlist, more <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted = now
	if len(t.segments) == 0 {
		return nil, t.changed
	}
	if t.playlist == nil {
		t.playlist = newPlaylist(t.listed(now))
	}
	return t.playlist, nil
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

// isIdle reports whether the mount is gone and the segments are too old to be of use.
func (t *tape) isIdle(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mount == nil && (len(t.segments) == 0 || now.Sub(t.segments[len(t.segments)-1].end()) > t.window)
}
