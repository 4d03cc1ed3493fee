package mp3

import (
	"relay/codec"
	"relay/codec/frames"
	"relay/codec/tag"
)

// Cutter cuts bytes, as they are pushed in, into whole frames. It releases a frame once
// the next header, a tag or the end of the input stands where the frame should end. So
// a frame that has lost bytes is never released. The zero value is ready to use.
//
// Tags (see [frames.Input]), info frames (Xing), garbage and incomplete frames are skipped.
//
// A Cutter keeps at most the largest Write and a dozen frames, provided that the caller
// calls Next until it returns false.
type Cutter struct{ in frames.Input }

// Write adds p to the input. It does not keep p, and never fails.
func (c *Cutter) Write(p []byte) (int, error) { return c.in.Write(p) }

// Finish marks the end of the input, so that a complete last frame is released.
func (c *Cutter) Finish() { c.in.Finish() }

// Reset makes c ready for another stream. The counts continue.
func (c *Cutter) Reset() { c.in.Reset() }

// Stats returns the counts so far. Its tags include info frames.
func (c *Cutter) Stats() codec.Stats { return c.in.Stats() }

// Next returns the next frame, or false when more bytes are needed to be sure of one.
// The frame's Data is valid until the next call of any method of c.
func (c *Cutter) Next() (Frame, bool) {
	for b := c.in.Next(&header); len(b) > 0; b = c.in.Next(&header) {
		switch c.in.Judge(&header, b) {
		case frames.Unsure:
			return Frame{}, false
		case frames.None:
			c.in.Lose(tag.Candidate(b, header.Sync))
			continue
		}
		h, _ := ParseHeader(b)
		f := Frame{Header: h, Data: b[:h.Size:h.Size]}
		if isInfoFrame(f) {
			c.in.Leave(h.Size)
			continue
		}
		f.Gap = c.in.Take(h.Size)
		return f, true
	}
	return Frame{}, false
}
