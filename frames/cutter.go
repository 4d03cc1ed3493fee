package frames

import "bytes"

// firstLook is how many headers in a row must stand where they should before
// bytes are taken for a stream: chance makes two every few megabytes.
const firstLook = 3

// CutterStats counts what went through a Cutter.
type CutterStats struct {
	Frames  int64
	Tags    int64 // bytes of tags and info frames, skipped
	Garbage int64 // bytes that were neither frame nor tag, skipped
	Resyncs int64 // how often the stream was lost
}

// Cutter cuts bytes, pushed in as they come, into whole frames. A frame comes
// out when its successor's header stands where it should, or a tag or the end
// of all does: what has lost bytes never comes out. The zero value is ready.
//
// Never released are tags, info frames (Xing), garbage, and frames that are
// not whole. Memory is bounded by the largest Write and a few frames, as long
// as Next is called until it has no more.
type Cutter struct {
	buf      []byte
	at       int // buf[:at] is used up
	skip     int // bytes of a tag still to come
	synced   bool
	lost     bool // the next frame does not continue the last one
	started  bool // a frame has come out since Reset
	finished bool
	stats    CutterStats
}

// Write takes bytes in. It never fails.
func (c *Cutter) Write(p []byte) (int, error) {
	if c.at > 0 {
		c.buf = c.buf[:copy(c.buf, c.buf[c.at:])]
		c.at = 0
	}
	c.buf = append(c.buf, p...)
	return len(p), nil
}

// Finish says that no more bytes will come, which releases a last frame that
// is whole.
func (c *Cutter) Finish() { c.finished = true }

// Reset makes c ready for another stream. Its counts go on.
func (c *Cutter) Reset() { *c = Cutter{buf: c.buf[:0], stats: c.stats} }

// Stats returns the counts so far.
func (c *Cutter) Stats() CutterStats { return c.stats }

// Next returns the next frame, or false when it takes more bytes to be sure of
// one. Its Data are valid until c is used again.
func (c *Cutter) Next() (Frame, bool) {
	for {
		if c.skip > 0 {
			n := min(c.skip, len(c.buf)-c.at)
			c.at += n
			c.skip -= n
			c.stats.Tags += int64(n)
		}
		b := c.buf[c.at:]
		if len(b) == 0 {
			return Frame{}, false
		}
		if c.synced || !c.started && !c.lost {
			size, more := tagSize(b)
			if more && !c.finished {
				return Frame{}, false
			}
			if size > 0 {
				c.skip = size
				continue
			}
		}
		look := firstLook
		if c.synced {
			look = 2
		}
		switch c.chain(b, look) {
		case unknown:
			return Frame{}, false
		case broken:
			if c.synced {
				c.synced = false
				c.stats.Resyncs++
			}
			c.drop(b)
			continue
		}
		h, _ := ParseHeader(b)
		f := Frame{Header: h, Data: b[:h.Size:h.Size], Gap: c.lost || !c.started}
		c.at += h.Size
		c.synced = true
		if isInfoFrame(f) {
			c.stats.Tags += int64(h.Size)
			continue
		}
		c.lost, c.started = false, true
		c.stats.Frames++
		return f, true
	}
}

// drop passes over bytes that begin no frame, up to the next that might.
func (c *Cutter) drop(b []byte) {
	n := bytes.IndexByte(b[1:], 0xff) + 1
	if n == 0 {
		n = len(b)
	}
	c.at += n
	c.stats.Garbage += int64(n)
	c.lost = true
}

type verdict int

const (
	whole   verdict = iota // a frame, and what follows proves it
	broken                 // no frame, or one that has lost bytes
	unknown                // more bytes are needed
)

// chain judges whether b begins with a frame: look headers in a row, the first
// one's included, must stand where they should. Tags, and the end when it is
// known, may end the row. A change of format within it must be followed by a
// row of its own.
func (c *Cutter) chain(b []byte, look int) verdict {
	first, ok := ParseHeader(b)
	if !ok {
		if len(b) < HeaderSize && b[0] == 0xff && !c.finished {
			return unknown
		}
		return broken
	}
	end := first.Size
	for n := 1; n < look; n++ {
		if end >= len(b) {
			return c.atEnd(end, len(b))
		}
		rest := b[end:]
		if size, more := tagSize(rest); size > 0 {
			return whole
		} else if more && !c.finished {
			return unknown
		}
		if len(rest) < HeaderSize {
			return c.atEnd(end, len(b))
		}
		next, ok := ParseHeader(rest)
		if !ok {
			return broken
		}
		if !next.sameStream(first) {
			return c.chain(rest, firstLook)
		}
		end += next.Size
	}
	return whole
}

// atEnd judges a row of frames that reaches the end of the bytes there are.
func (c *Cutter) atEnd(end, length int) verdict {
	switch {
	case !c.finished:
		return unknown
	case end == length:
		return whole
	default:
		return broken
	}
}
