package hls

import (
	"slices"
	"sync"
	"time"

	"relay/mounts"
	"relay/segments"
)

const (
	// target is how long a segment is, to within a unit (HLS Authoring Specification, 7.5).
	target = segments.Length

	// leastListed is how many segments a playlist needs (8.11): a mount that nobody hears
	// by HLS keeps no more.
	leastListed = 6

	// spare is for how long a segment is kept after it has left the playlist. RFC 8216,
	// section 6.2.2, wants as long as the playlist is, which would double the memory: players
	// fetch the oldest segment of a live playlist only while they rewind.
	spare = 3 * target

	// wantedFor is how long after the last request a mount keeps its whole window.
	wantedFor = 10 * time.Minute
)

// tape is the recent past of a mount in segments. It outlives the mount, so that players
// find the stream again. Safe for concurrent use.
type tape struct {
	mu       sync.Mutex
	cutter   segments.Cutter
	mount    *mounts.Mount // that it follows; nil: it does not exist now
	gone     time.Time     // since when
	segments []*segment    // oldest first
	total    time.Duration // audio of all segments so far
	window   time.Duration
	wanted   time.Time     // when a client last asked for it
	changed  chan struct{} // closed when there is a new segment
	playlist *playlist     // of the segments; nil: to be made
	first    int64         // number of the first segment that was listed last
}

func newTape() *tape { return &tape{changed: make(chan struct{})} }

// advance cuts everything new in the stream of a mount, nil if it does not exist.
func (t *tape) advance(m *mounts.Mount, window time.Duration, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.window = window
	if m != t.mount {
		t.mount, t.gone = m, now
	}
	for _, s := range t.cutter.Cut(m) {
		if segments.StandAlone(s.Format.Codec) {
			t.add(s)
		}
	}
	t.forget(now)
}

// add adds a segment behind the others.
func (t *tape) add(s *segments.Segment) {
	if n := len(t.segments); n > 0 && t.segments[n-1].Number+1 != s.Number { // something else was played between
		t.segments = nil
	}
	t.total += s.Length
	t.segments = append(t.segments, newSegment(s, t.total))
	t.playlist = nil
	close(t.changed)
	t.changed = make(chan struct{})
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
		return s.Number >= t.first && t.total-s.after+s.Length <= t.window+target/2
	})
	if least := max(0, len(t.segments)-leastListed); i < 0 || i > least {
		i = least
	}
	t.first = t.segments[i].Number
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
