package mounts

import (
	"math"
	"sort"
	"sync/atomic"
	"time"

	"relay/codec"
	"relay/conf"
)

// chunkBytes is the size of a chunk's data, unless a unit is larger.
const chunkBytes = 32 << 10

// The units of a chunk are as many as of its first one fit into it, and some more.
const (
	minUnits = 16
	maxUnits = 512
)

// minBurst is the minimum distance at which a new reader starts behind the end of the
// stream: enough frames to fill any bit reservoir of MP3, so that its first frames can be
// made decodable.
const minBurst = 4 << 10

// A chunk is one piece of a stream, of one format. Bytes below size never change again;
// bytes above it belong to the writer. Units do not cross chunks.
//
// The writer stores count after the units, size after the bytes and the count, and next
// after the last size; readers load next before size, and size before count: if a chunk
// has a next, its size is final.
type chunk struct {
	next  atomic.Pointer[chunk]
	size  atomic.Int64
	bytes []byte
	start place // of the first byte

	format codec.Format
	link   codec.Link    // to which its bytes belong; nil: the codec has none
	linked time.Duration // the audio published before that link began
	head   int64         // bytes at its start that are the headers of the link, not audio
	count  atomic.Int32  // of units
	units  []unitEnd
}

// unitEnd is where a unit of a chunk ends, and what else is known of the unit.
type unitEnd struct {
	at      int32 // in bytes of the chunk
	bitRate int32 // see codec.Unit
	length  time.Duration
}

// newChunk returns a chunk for units like u, which begins with the headers of a link.
func newChunk(start place, u codec.Unit, l codec.Link, head []byte) *chunk {
	size := max(chunkBytes, len(head)+len(u.Data))
	units := min(max(size/max(len(u.Data), 1)*9/8, minUnits), maxUnits)
	c := &chunk{start: start, format: u.Format, link: l, head: int64(len(head)), bytes: make([]byte, size), units: make([]unitEnd, units)}
	c.add(head)
	return c
}

// hasRoom reports whether a unit of some size can be added.
func (c *chunk) hasRoom(size int) bool {
	return c.size.Load()+int64(size) <= int64(len(c.bytes)) && int(c.count.Load()) < len(c.units)
}

// addUnit publishes a unit, for which there is room.
func (c *chunk) addUnit(u codec.Unit) {
	n := c.count.Load()
	c.units[n] = unitEnd{int32(c.size.Load()) + int32(len(u.Data)), int32(u.BitRate), u.Length}
	c.count.Store(n + 1)
	c.add(u.Data)
}

// add publishes bytes.
func (c *chunk) add(b []byte) {
	size := c.size.Load()
	copy(c.bytes[size:], b)
	c.size.Store(size + int64(len(b)))
}

// unit returns the index of the unit that ends behind a place of the chunk.
func (c *chunk) unit(at int64) int {
	return sort.Search(int(c.count.Load()), func(i int) bool { return int64(c.units[i].at) > at })
}

// unitStart returns where a unit of the chunk begins.
func (c *chunk) unitStart(i int) int64 {
	if i == 0 {
		return c.head
	}
	return int64(c.units[i-1].at)
}

// place is a place in a stream: the bytes and the audio published before it.
type place struct {
	offset int64
	played time.Duration
}

// kept is how much of a stream is kept for new readers: a burst, but at most so many
// bytes.
type kept struct {
	burst conf.Burst
	most  int64
}

// everything is for streams that are kept whole.
var everything = kept{conf.Burst{Size: math.MaxInt64}, math.MaxInt64}

// has reports whether the part of a stream from p to end is within the burst.
func (k *kept) has(p, end place) bool {
	bytes := end.offset - p.offset
	return bytes <= k.most && (bytes <= int64(k.burst.Size) || end.played-p.played <= time.Duration(k.burst.Time))
}

// Stream is what a mount has played: a list of chunks that grows at one end and is
// freed at the other when the last reader has moved on. It has one writer (the holder
// of the mount's mutex) and any number of readers without a lock.
type Stream struct {
	Epoch Epoch

	kept atomic.Pointer[kept]

	tail       *chunk // the writer's
	lastTitle  *TitleMark
	priorTitle *TitleMark // the mark before it; nil: there is none

	head   atomic.Pointer[chunk]     // the oldest chunk kept for new readers
	title  atomic.Pointer[TitleMark] // the title in force where head begins
	fresh  atomic.Int64              // the earliest place where new readers begin
	end    atomic.Int64              // in bytes
	played atomic.Int64              // nanoseconds of audio up to end
	ended  atomic.Bool
}

func newStream(keep kept) *Stream {
	s := &Stream{Epoch: newEpoch(), tail: &chunk{}, lastTitle: newTitleMark(0, LiveSource, Title{}, 0)}
	s.keep(keep)
	s.head.Store(s.tail)
	s.title.Store(s.lastTitle)
	return s
}

// keep sets how far back new readers may begin.
func (s *Stream) keep(k kept) {
	k.burst.Size = max(k.burst.Size, minBurst)
	s.kept.Store(&k)
}

// append publishes one whole unit of a link. If the link is new, its headers precede the
// unit. append allocates only when a chunk is full, or another format or link begins.
func (s *Stream) append(u codec.Unit, l codec.Link) {
	if u.Format != s.tail.format || l != s.tail.link || !s.tail.hasRoom(len(u.Data)) {
		s.extend(u, l)
	}
	s.tail.addUnit(u)
	s.played.Add(int64(u.Length))
	s.end.Add(int64(len(u.Data)))
}

// extend adds a chunk for a unit and those that follow it.
func (s *Stream) extend(u codec.Unit, l codec.Link) {
	var head []byte
	if l != nil && l != s.tail.link {
		head = l.Head(codec.TagsOf(s.lastTitle.Text))
	}
	next := newChunk(s.place(), u, l, head)
	if next.linked = s.tail.linked; l != s.tail.link {
		next.linked = s.Played()
	}
	s.end.Add(int64(len(head)))
	s.tail.next.Store(next)
	s.tail = next
	s.forget()
}

// place returns the end of the stream.
func (s *Stream) place() place { return place{s.end.Load(), time.Duration(s.played.Load())} }

// forget moves the head forward as far as new readers still get their whole burst.
func (s *Stream) forget() {
	head, k := s.head.Load(), s.kept.Load()
	for next := head.next.Load(); next != nil && !k.has(next.start, s.tail.start); next = head.next.Load() {
		head = next
	}
	title := s.title.Load()
	for next := title.next.Load(); next != nil && next.offset <= head.start.offset; next = title.next.Load() {
		title = next
	}
	s.title.Store(title)
	s.head.Store(head)
}

// mark puts a title, its play and the kind of its input at the end of the stream: they
// apply to the audio after it. A mark that no audio has followed yet is replaced, so
// that titles without audio cannot pile up; a reader that stands at it still finds the
// new one.
func (s *Stream) mark(k Kind, t Title, play int64) {
	m, last := newTitleMark(s.end.Load(), k, t, play), s.lastTitle
	last.next.Store(m)
	s.lastTitle = m
	if last.offset < m.offset {
		s.priorTitle = last
		return
	}
	if s.priorTitle != nil {
		s.priorTitle.next.Store(m)
	}
	if s.title.Load() == last {
		s.title.Store(m)
	}
}

// freshen hides the audio played so far from new readers. A unit that depends on no
// earlier one must follow.
func (s *Stream) freshen() { s.fresh.Store(s.end.Load()) }

// cut hides the audio played so far from new readers, because audio of another codec will
// follow.
func (s *Stream) cut() {
	s.freshen()
	next := &chunk{start: s.place(), linked: s.Played()}
	s.tail.next.Store(next)
	s.tail = next
}

// close means that nothing will follow. Readers play the rest and leave.
func (s *Stream) close() { s.ended.Store(true) }

// End returns how many bytes were ever published.
func (s *Stream) End() int64 { return s.end.Load() }

// Played returns how much audio was ever published.
func (s *Stream) Played() time.Duration { return time.Duration(s.played.Load()) }

// Ended reports whether the stream will grow no more. Load it before the bytes: if it
// is true, the bytes loaded after it are complete.
func (s *Stream) Ended() bool { return s.ended.Load() }

// Behind returns a cursor at a unit, length of audio before the end of the stream, or
// as far back as the stream is kept.
func (s *Stream) Behind(length time.Duration) Cursor {
	at, _ := s.back(kept{conf.Burst{Time: conf.Duration(length)}, math.MaxInt64})
	return at
}

// After returns a cursor at the first unit that is kept and begins at a place in time or
// later; ok is false if there is none yet.
func (s *Stream) After(place time.Duration) (at Cursor, ok bool) {
	if s.Played() <= place {
		return Cursor{}, false
	}
	at = s.Behind(s.Played() - place)
	return at, len(at.Next()) > 0
}

// back returns a cursor at the first unit that is within wanted and within what the
// stream keeps, and its place.
func (s *Stream) back(wanted kept) (Cursor, place) {
	title := s.title.Load() // load it before head, which is stored after it
	c, end, fresh, k := s.head.Load(), s.place(), s.fresh.Load(), s.kept.Load()
	within := func(p place) bool { return p.offset >= fresh && wanted.has(p, end) && k.has(p, end) }
	for next := c.next.Load(); next != nil && !within(next.start); next = c.next.Load() {
		c = next
	}
	at, p := Cursor{chunk: c, title: title}, c.start
	for !within(p) {
		f, ok := at.NextUnit()
		if !ok {
			break
		}
		p = place{at.Offset(), p.played + f.Length}
	}
	return at, p
}

// Join returns a cursor about a burst before the end of the stream, at a unit, and the
// first bytes to send from there: the headers of the link, and units that depend on
// earlier ones, which this reader never gets, made decodable (see codec.Splicer). The
// cursor stands after those bytes. in is the link that the reader is in already; nil:
// none.
// took is how much audio that is, up to the end of the stream.
func (s *Stream) Join(burst conf.Burst, in codec.Link) (at Cursor, first []byte, took time.Duration) {
	burst.Size = max(burst.Size, minBurst)
	at, p := s.back(kept{burst, math.MaxInt64})
	took = s.place().played - p.played
	at.Next() // moves on to a chunk that has begun
	switch {
	case at.chunk.link != in || in == nil:
		first = at.head()
	case at.at < at.chunk.head: // the reader has the headers
		at.at = at.chunk.head
	}
	if p.offset == s.fresh.Load() || at.chunk.format.Codec == nil {
		return at, first, took // a unit that depends on no earlier one follows
	}
	for splicer := at.chunk.format.Codec.NewSplicer(); !splicer.Settled(); {
		u, ok := at.NextUnit()
		if !ok {
			break
		}
		first = append(first, splicer.Pass(u)...)
	}
	return at, first, took
}
