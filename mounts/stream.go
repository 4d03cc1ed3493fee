package mounts

import (
	"sync/atomic"

	"relay/frames"
)

// chunkBytes is the room in a chunk. With the two words beside it a chunk
// fills the runtime's 32 KiB size class exactly.
const chunkBytes = 32<<10 - 64

// minBurst is the least a new reader starts behind the end of the stream:
// enough frames to fill any bit reservoir, so that its first frames can be
// made to decode.
const minBurst = 4 << 10

// A chunk is one piece of a stream. Bytes below size never change again; bytes
// above it are the writer's alone. Frames do not straddle chunks.
//
// The writer stores size after the bytes and next after the last size, and
// readers load next before size: a chunk seen with a next has its final size.
type chunk struct {
	next  atomic.Pointer[chunk]
	size  atomic.Int64
	start int64 // stream offset of the first byte
	bytes [chunkBytes]byte
}

// Stream is what a mount has played: a list of chunks that grows at one end
// and is forgotten at the other when the last reader has moved on. One writer
// (whoever holds the mount's mutex), any number of readers without a lock.
type Stream struct {
	burst atomic.Int64 // how far back new readers may begin, in bytes

	tail       *chunk // the writer's
	lastTitle  *TitleMark
	priorTitle *TitleMark // the one before it; nil: there is none

	head  atomic.Pointer[chunk]     // the oldest chunk kept for new readers
	title atomic.Pointer[TitleMark] // the title in force where head begins
	fresh atomic.Int64              // where new readers begin at the earliest
	end   atomic.Int64
	ended atomic.Bool
}

func newStream(burst int64) *Stream {
	s := &Stream{tail: &chunk{}, lastTitle: newTitleMark(0, Live, Title{})}
	s.keep(burst)
	s.head.Store(s.tail)
	s.title.Store(s.lastTitle)
	return s
}

// keep sets how far back new readers may begin, in bytes.
func (s *Stream) keep(burst int64) { s.burst.Store(max(burst, minBurst)) }

// append publishes one whole frame. It allocates only when a chunk is full.
func (s *Stream) append(frame []byte) {
	c := s.tail
	size := c.size.Load()
	if size+int64(len(frame)) > chunkBytes {
		next := &chunk{start: c.start + size}
		c.next.Store(next)
		s.tail, c, size = next, next, 0
		s.forget()
	}
	copy(c.bytes[size:], frame)
	c.size.Store(size + int64(len(frame)))
	s.end.Store(c.start + size + int64(len(frame)))
}

// forget moves the head as far as new readers still get their whole burst.
func (s *Stream) forget() {
	head := s.head.Load()
	for next := head.next.Load(); next != nil && s.tail.start-next.start >= s.burst.Load(); next = head.next.Load() {
		head = next
	}
	title := s.title.Load()
	for next := title.next.Load(); next != nil && next.offset <= head.start; next = title.next.Load() {
		title = next
	}
	s.title.Store(title)
	s.head.Store(head)
}

// mark puts a title, and the kind of input it comes from, at the end of the
// stream: they belong to what follows. A mark that nothing has followed yet is
// replaced, so that titles without sound cannot pile up; a reader who stands at
// it comes to the new one all the same.
func (s *Stream) mark(k Kind, t Title) {
	m, last := newTitleMark(s.end.Load(), k, t), s.lastTitle
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

// freshen keeps what was played so far from new readers. A frame that stands
// alone must follow.
func (s *Stream) freshen() { s.fresh.Store(s.end.Load()) }

// close says that nothing will follow. Readers play what is there and leave.
func (s *Stream) close() { s.ended.Store(true) }

// End returns how many bytes were ever published.
func (s *Stream) End() int64 { return s.end.Load() }

// Ended reports whether the stream will grow no more. Load it before the
// bytes: what is there after a true is all there will be.
func (s *Stream) Ended() bool { return s.ended.Load() }

// Behind returns a cursor at a frame about so many bytes before the end of the
// stream, or as far back as it is kept.
func (s *Stream) Behind(bytes int64) Cursor {
	title := s.title.Load() // before head, which is stored after it
	c := s.head.Load()
	want := max(s.fresh.Load(), s.end.Load()-min(bytes, s.burst.Load()))
	for next := c.next.Load(); next != nil && next.start <= want; next = c.next.Load() {
		c = next
	}
	at := Cursor{chunk: c, title: title}
	for at.Offset() < want && at.skipFrame() {
	}
	return at
}

// Join returns a cursor about burst bytes before the end of the stream, at a
// frame, and the first bytes to send from there: the frames that lean on
// earlier ones, which this reader never gets, made to decode all the same
// (see frames.Splicer). The cursor stands behind those bytes.
func (s *Stream) Join(burst int64) (Cursor, []byte) {
	at := s.Behind(max(burst, minBurst))
	if at.Offset() == s.fresh.Load() {
		return at, nil // a frame that stands alone follows
	}
	var splicer frames.Splicer
	var first []byte
	for !splicer.Settled() {
		f, ok := at.frame()
		if !ok {
			break
		}
		first = append(first, splicer.Pass(f)...)
		at.skipFrame()
	}
	return at, first
}
