package frames

import "bytes"

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
// not whole. A tag is as long as it says, cover art and all, unless a row of
// frames is found in it: then it lied, and the stream goes on there.
//
// A Cutter keeps the largest Write and a dozen frames at most, as long as Next
// is called until it has no more.
type Cutter struct {
	buf      []byte
	at       int // buf[:at] is used up
	tag      int // bytes of a tag still to be skipped
	synced   bool
	lost     bool // the next frame does not continue the last one
	started  bool // a frame has come out since Reset
	finished bool
	stats    CutterStats
}

// Write takes bytes in; p is the caller's again afterwards. It never fails.
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
	for c.at < len(c.buf) {
		if c.tag > 0 {
			if !c.passTag() {
				break
			}
			continue
		}
		b := c.buf[c.at:]
		if c.mayBeTag(b) {
			size, more := tagSize(b)
			if more && !c.finished {
				break
			}
			if size > 0 {
				c.tag = size
				continue
			}
		}
		look := firstLook
		if c.synced {
			look = nextLook
		}
		switch judge(b, look, c.finished) {
		case unsure:
			return Frame{}, false
		case noFrame:
			c.lose()
			n := candidate(b)
			c.at += n
			c.stats.Garbage += int64(n)
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
	return Frame{}, false
}

// lose gives up the stream: what comes next must prove itself, and does not
// continue what was before.
func (c *Cutter) lose() {
	if c.synced {
		c.stats.Resyncs++
	}
	c.synced, c.lost = false, true
}

// mayBeTag reports whether a tag is looked for at b: any one where a frame
// should be, but in garbage only ID3v2, whose head is too long for chance.
func (c *Cutter) mayBeTag(b []byte) bool {
	return c.synced || !c.started && !c.lost || b[0] == id3v2[0]
}

// passTag skips what is there of a tag, but not without looking: a size may be
// a lie, or chance, and must not silence a live stream. It reports whether
// there was anything to skip.
func (c *Cutter) passTag() bool {
	b := c.buf[c.at:]
	complete := c.tag <= len(b)
	if complete {
		b = b[:c.tag]
	}
	for n := 0; ; n++ {
		i := bytes.IndexByte(b[n:], 0xff)
		if i < 0 {
			return c.skipTag(len(b))
		}
		n += i
		row, _, why := walk(b[n:], tagLook)
		open := why == short && !complete
		switch {
		case open && !c.finished:
			return c.skipTag(n)
		case why == enough, open && row >= firstLook:
			c.skipTag(n)
			c.tag = 0
			c.lose()
			return true
		}
	}
}

func (c *Cutter) skipTag(n int) bool {
	c.at += n
	c.tag -= n
	c.stats.Tags += int64(n)
	return n > 0
}
