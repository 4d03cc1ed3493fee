package mounts

import (
	"relay/codec/mp3"
)

// Cursor is a reader's place in a stream. It keeps its chunk, and so all later chunks,
// in memory: drop a cursor that is no longer read. Not for concurrent use.
type Cursor struct {
	chunk     *chunk
	at        int64      // bytes of chunk already read
	title     *TitleMark // the newest mark known to be at or before the cursor; nil: titles are ignored
	announced *TitleMark // the last mark that Block has returned
}

// Offset returns the cursor's place, in bytes from the beginning of the stream.
func (c *Cursor) Offset() int64 { return c.chunk.start.offset + c.at }

// Next returns the bytes that can be read in one piece, none if the cursor is at the
// end. The bytes are shared and must not be changed.
func (c *Cursor) Next() []byte {
	for {
		next := c.chunk.next.Load()
		size := c.chunk.size.Load()
		if c.at < size {
			return c.chunk.bytes[c.at:size]
		}
		if next == nil {
			return nil
		}
		c.chunk, c.at = next, 0
	}
}

// NextFrame returns the frame at the cursor and moves over it; ok is false at the end.
// Its bytes are shared and must not be changed. It is for readers that read whole
// frames only.
func (c *Cursor) NextFrame() (f mp3.Frame, ok bool) {
	if f, ok = c.frame(); ok {
		c.Advance(f.Size)
	}
	return f, ok
}

// Advance moves the cursor over n of the bytes that Next returned.
func (c *Cursor) Advance(n int) { c.at += int64(n) }

// Block returns the ICY block to send at the cursor: that of the title, if this reader
// has not been sent it yet; nil if there is nothing new. Call Shown once the reader has
// been sent the block.
func (c *Cursor) Block() *TitleMark {
	if c.title == nil {
		return nil
	}
	for next := c.title.next.Load(); next != nil && next.offset <= c.Offset(); next = c.title.next.Load() {
		c.title = next
	}
	if c.title == c.announced {
		return nil
	}
	return c.title
}

// IgnoreTitles is for a reader without metadata: its cursor would keep every title in
// memory from the first one on. Block returns nil from now on.
func (c *Cursor) IgnoreTitles() { c.title, c.announced = nil, nil }

// Shown records that the reader has been sent the block of m.
func (c *Cursor) Shown(m *TitleMark) { c.announced = m }

// frame returns the frame at the cursor.
func (c *Cursor) frame() (mp3.Frame, bool) {
	b := c.Next()
	h, ok := mp3.ParseHeader(b)
	if !ok || h.Size > len(b) {
		return mp3.Frame{}, false
	}
	return mp3.Frame{Header: h, Data: b[:h.Size]}, true
}

// skipFrame moves the cursor over one frame and reports whether there was one.
func (c *Cursor) skipFrame() bool {
	f, ok := c.frame()
	c.Advance(len(f.Data))
	return ok
}

// RestOfFrame returns the rest of the frame in which the cursor stands, empty if it
// stands between two frames. The cursor does not move.
func (c *Cursor) RestOfFrame() []byte {
	size := c.chunk.size.Load()
	walk := Cursor{chunk: c.chunk}
	for walk.at < c.at {
		f, ok := walk.frame()
		if !ok {
			return nil
		}
		walk.at += int64(f.Size)
	}
	return c.chunk.bytes[c.at:min(walk.at, size)]
}
