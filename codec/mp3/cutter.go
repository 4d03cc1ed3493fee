package mp3

import (
	"bytes"

	"relay/codec"
	"relay/codec/tag"
)

// Cutter cuts bytes, as they are pushed in, into whole frames. It releases a frame once
// the next header, a tag or the end of the input stands where the frame should end. So
// a frame that has lost bytes is never released. The zero value is ready to use.
//
// Tags, info frames (Xing), garbage and incomplete frames are skipped. A tag is skipped
// for the length it gives, cover art included, unless a row of frames is found inside
// it: then its length was wrong, and the stream continues at that row.
//
// A Cutter keeps at most the largest Write and a dozen frames, provided that the caller
// calls Next until it returns false.
type Cutter struct {
	buf      []byte
	at       int // buf[:at] is used up
	tag      int // bytes of a tag still to be skipped
	synced   bool
	lost     bool // the next frame does not continue the last one
	started  bool // a frame has come out since Reset
	finished bool
	stats    codec.Stats
}

// Write adds p to the input. It does not keep p, and never fails.
func (c *Cutter) Write(p []byte) (int, error) {
	if c.at > 0 {
		c.buf = c.buf[:copy(c.buf, c.buf[c.at:])]
		c.at = 0
	}
	c.buf = append(c.buf, p...)
	return len(p), nil
}

// Finish marks the end of the input, so that a complete last frame is released.
func (c *Cutter) Finish() { c.finished = true }

// Reset makes c ready for another stream. The counts continue.
func (c *Cutter) Reset() { *c = Cutter{buf: c.buf[:0], stats: c.stats} }

// Stats returns the counts so far. Its tags include info frames.
func (c *Cutter) Stats() codec.Stats { return c.stats }

// Next returns the next frame, or false when more bytes are needed to be sure of one.
// The frame's Data is valid until the next call of any method of c.
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
			size, more := tag.Size(b)
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
			n := tag.Candidate(b, 0xff)
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
		c.stats.Units++
		return f, true
	}
	return Frame{}, false
}

// lose gives up the place in the stream: the bytes that follow must be proved to be
// frames again, and the first of them gets a Gap.
func (c *Cutter) lose() {
	if c.synced {
		c.stats.Resyncs++
	}
	c.synced, c.lost = false, true
}

// mayBeTag reports whether to look for a tag at b: for any kind where a frame should
// begin, but in garbage only for ID3v2, whose head is too long to occur by chance.
func (c *Cutter) mayBeTag(b []byte) bool {
	return c.synced || !c.started && !c.lost || b[0] == tag.ID3v2[0]
}

// passTag skips the bytes of a tag that have arrived, but searches them for frames
// first: a size may be wrong or accidental, and must not silence a live stream. It
// reports whether there was anything to skip.
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
