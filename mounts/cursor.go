package mounts

import (
	"time"

	"relay/codec"
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

// Played returns the cursor's place in time: the audio from the beginning of the stream.
// The cursor must stand at a unit.
func (c *Cursor) Played() time.Duration {
	played := c.chunk.start.played
	for _, u := range c.chunk.units[:c.chunk.unit(c.at)] {
		played += u.length
	}
	return played
}

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

// NextUnit returns the unit at the cursor and moves over it; ok is false at the end. Its
// bytes are shared and must not be changed. Headers of links are passed over. It is for
// readers that read whole units only.
func (c *Cursor) NextUnit() (u codec.Unit, ok bool) {
	for len(c.Next()) > 0 {
		if c.at < c.chunk.head {
			c.at = c.chunk.head
			continue
		}
		i := c.chunk.unit(c.at)
		end := c.chunk.units[i]
		u = codec.Unit{Format: c.chunk.format, Data: c.chunk.bytes[c.at:end.at:end.at], Length: end.length, BitRate: int(end.bitRate)}
		c.at = int64(end.at)
		return u, true
	}
	return codec.Unit{}, false
}

// Link returns the link in which the cursor stands; nil: none.
func (c *Cursor) Link() codec.Link {
	if c.chunk == nil {
		return nil
	}
	return c.chunk.link
}

// head returns the headers that a reader needs which begins at the cursor: none if the
// cursor stands before them.
func (c *Cursor) head() []byte {
	if c.chunk.link == nil || c.at == 0 && c.chunk.head > 0 {
		return nil
	}
	if c.title == nil {
		return c.chunk.link.Head(codec.Tags{})
	}
	c.findTitle()
	return c.chunk.link.Head(codec.TagsOf(c.title.Text))
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
	c.findTitle()
	if c.title == c.announced {
		return nil
	}
	return c.title
}

// findTitle moves title on to the newest mark at or before the cursor.
func (c *Cursor) findTitle() {
	for next := c.title.next.Load(); next != nil && next.offset <= c.Offset(); next = c.title.next.Load() {
		c.title = next
	}
}

// IgnoreTitles is for a reader without metadata: its cursor would keep every title in
// memory from the first one on. Block returns nil from now on.
func (c *Cursor) IgnoreTitles() { c.title, c.announced = nil, nil }

// Shown records that the reader has been sent the block of m.
func (c *Cursor) Shown(m *TitleMark) { c.announced = m }

// RestOfUnit returns the rest of the unit, or of the headers, in which the cursor stands,
// empty if it stands between two. The cursor does not move.
func (c *Cursor) RestOfUnit() []byte {
	switch size := c.chunk.size.Load(); {
	case c.at == 0 || c.at >= size:
		return nil
	case c.at < c.chunk.head:
		return c.chunk.bytes[c.at:c.chunk.head]
	}
	i := c.chunk.unit(c.at)
	if c.chunk.unitStart(i) == c.at {
		return nil
	}
	return c.chunk.bytes[c.at:c.chunk.units[i].at]
}
