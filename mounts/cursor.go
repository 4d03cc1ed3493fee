package mounts

import "relay/frames"

// Cursor is a reader's place in a stream. It holds the chunk it stands in, and
// so all that follows, against being forgotten: a reader that no longer reads
// must be dropped. Not for concurrent use.
type Cursor struct {
	chunk     *chunk
	at        int64      // bytes of chunk already read
	title     *TitleMark // the newest mark known to lie at or before the cursor; nil: titles are ignored
	announced *TitleMark // the mark Block has shown last
}

// Offset returns the cursor's place, in bytes since the stream began.
func (c *Cursor) Offset() int64 { return c.chunk.start + c.at }

// Next returns what can be read in one piece, empty when the cursor is at the
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

// NextFrame returns the frame at the cursor and moves over it; ok is false at
// the end. Its bytes are shared and must not be changed. For readers that go
// by whole frames alone.
func (c *Cursor) NextFrame() (f frames.Frame, ok bool) {
	if f, ok = c.frame(); ok {
		c.Advance(f.Size)
	}
	return f, ok
}

// Advance moves the cursor over n bytes of what Next returned.
func (c *Cursor) Advance(n int) { c.at += int64(n) }

// Block returns the ICY block to show where the cursor stands: the title's if
// this reader has not been shown it yet, and nil for nothing new. Shown tells
// the cursor that the reader got it.
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

// IgnoreTitles is for a reader who is shown none: he would hold every title
// from the one in force when he came. Block returns nil from now on.
func (c *Cursor) IgnoreTitles() { c.title, c.announced = nil, nil }

// Shown says that the reader was given the block of m.
func (c *Cursor) Shown(m *TitleMark) { c.announced = m }

// frame returns the frame at the cursor.
func (c *Cursor) frame() (frames.Frame, bool) {
	b := c.Next()
	h, ok := frames.ParseHeader(b)
	if !ok || h.Size > len(b) {
		return frames.Frame{}, false
	}
	return frames.Frame{Header: h, Data: b[:h.Size]}, true
}

// skipFrame moves the cursor over one frame and reports whether there was one.
func (c *Cursor) skipFrame() bool {
	f, ok := c.frame()
	c.Advance(len(f.Data))
	return ok
}

// RestOfFrame returns what is left of the frame the cursor stands in, empty
// when it stands between two. The cursor does not move.
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
