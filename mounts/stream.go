package mounts

import (
	"math"
	"sync/atomic"
	"time"

	"relay/codec/mp3"
	"relay/conf"
)

// chunkBytes is the size of a chunk's data. With the words beside it, a chunk fills the
// runtime's 32 KiB size class.
const chunkBytes = 32<<10 - 64

// minBurst is the minimum distance at which a new reader starts behind the end of the
// stream: enough frames to fill any bit reservoir, so that its first frames can be made
// decodable.
const minBurst = 4 << 10

// A chunk is one piece of a stream. Bytes below size never change again; bytes above it
// belong to the writer. Frames do not cross chunks.
//
// The writer stores size after the bytes, and next after the last size; readers load
// next before size: if a chunk has a next, its size is final.
type chunk struct {
	next  atomic.Pointer[chunk]
	size  atomic.Int64
	start place // of the first byte
	bytes [chunkBytes]byte
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
	s := &Stream{tail: &chunk{}, lastTitle: newTitleMark(0, LiveSource, Title{}, 0)}
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

// append publishes one whole frame that lasts for length. It allocates only when a
// chunk is full.
func (s *Stream) append(frame []byte, length time.Duration) {
	c := s.tail
	size := c.size.Load()
	if size+int64(len(frame)) > chunkBytes {
		next := &chunk{start: s.place()}
		c.next.Store(next)
		s.tail, c, size = next, next, 0
		s.forget()
	}
	copy(c.bytes[size:], frame)
	c.size.Store(size + int64(len(frame)))
	s.played.Add(int64(length))
	s.end.Store(c.start.offset + size + int64(len(frame)))
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

// freshen hides the audio played so far from new readers. A frame that depends on no
// earlier one must follow.
func (s *Stream) freshen() { s.fresh.Store(s.end.Load()) }

// close means that nothing will follow. Readers play the rest and leave.
func (s *Stream) close() { s.ended.Store(true) }

// End returns how many bytes were ever published.
func (s *Stream) End() int64 { return s.end.Load() }

// Played returns how much audio was ever published.
func (s *Stream) Played() time.Duration { return time.Duration(s.played.Load()) }

// Ended reports whether the stream will grow no more. Load it before the bytes: if it
// is true, the bytes loaded after it are complete.
func (s *Stream) Ended() bool { return s.ended.Load() }

// Behind returns a cursor at a frame, length of audio before the end of the stream, or
// as far back as the stream is kept.
func (s *Stream) Behind(length time.Duration) Cursor {
	at, _ := s.back(kept{conf.Burst{Time: conf.Duration(length)}, math.MaxInt64})
	return at
}

// back returns a cursor at the first frame that is within wanted and within what the
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
		f, ok := at.frame()
		if !ok {
			break
		}
		at.Advance(f.Size)
		p = place{at.Offset(), p.played + f.Duration()}
	}
	return at, p
}

// Join returns a cursor about a burst before the end of the stream, at a frame, and the
// first bytes to send from there: frames that depend on earlier ones, which this reader
// never gets, made decodable (see mp3.Splicer). The cursor stands after those bytes.
// took is how much audio that is, up to the end of the stream.
func (s *Stream) Join(burst conf.Burst) (at Cursor, first []byte, took time.Duration) {
	burst.Size = max(burst.Size, minBurst)
	at, p := s.back(kept{burst, math.MaxInt64})
	took = s.place().played - p.played
	if p.offset == s.fresh.Load() {
		return at, nil, took // a frame that depends on no earlier one follows
	}
	var splicer mp3.Splicer
	for !splicer.Settled() {
		f, ok := at.frame()
		if !ok {
			break
		}
		first = append(first, splicer.Pass(f)...)
		at.skipFrame()
	}
	return at, first, took
}
