//go:build linux

package main

import (
	"bytes"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
)

// format is the header of the test stream's frames.
var format = frametest.Header(128000, 44100, 2)

// checker reads the body of one listener's answer: it removes metadata blocks and
// checks that numbered frames come once and in order.
type checker struct {
	metaint    int
	untilBlock int
	blockLeft  int // remaining bytes of a block

	frame  []byte // the current frame; nil before the first one
	last   uint64
	frames int
	breaks int // frames that did not continue the previous one
}

func newChecker(metaint int) *checker { return &checker{metaint: metaint, untilBlock: metaint} }

func (c *checker) counts() (frames, breaks int) { return c.frames, c.breaks }

// feed processes the next bytes of the body.
func (c *checker) feed(b []byte) {
	if c.metaint == 0 {
		c.audio(b)
		return
	}
	for len(b) > 0 {
		switch {
		case c.blockLeft > 0:
			n := min(c.blockLeft, len(b))
			c.blockLeft -= n
			b = b[n:]
		case c.untilBlock == 0:
			c.blockLeft = int(b[0]) * 16
			c.untilBlock = c.metaint
			b = b[1:]
		default:
			n := min(c.untilBlock, len(b))
			c.audio(b[:n])
			c.untilBlock -= n
			b = b[n:]
		}
	}
}

// audio cuts frames, keeping only the current one.
func (c *checker) audio(b []byte) {
	for len(b) > 0 {
		if len(c.frame) >= mp3.HeaderSize {
			h, ok := mp3.ParseHeader(c.frame)
			if !ok {
				c.resync()
				continue
			}
			n := min(h.Size-len(c.frame), len(b))
			c.frame = append(c.frame, b[:n]...)
			b = b[n:]
			if len(c.frame) == h.Size {
				c.whole()
			}
			continue
		}
		n := min(mp3.HeaderSize-len(c.frame), len(b))
		c.frame = append(c.frame, b[:n]...)
		b = b[n:]
	}
}

// whole checks a complete frame.
func (c *checker) whole() {
	n, numbered := frametest.Number(c.frame)
	switch {
	case !numbered && c.last != 0:
		c.breaks++
		c.resync()
		return
	case !numbered: // joined within a frame, or at a silent one
		c.resync()
		return
	case c.last != 0 && n != c.last+1:
		c.breaks++
	}
	c.last = n
	c.frames++
	c.frame = c.frame[:0]
}

// resync drops the first byte and looks for the next header. It is needed once if a
// server lets listeners join in the middle of a frame.
func (c *checker) resync() {
	next := bytes.IndexByte(c.frame[1:], 0xff)
	if next < 0 {
		c.frame = c.frame[:0]
		return
	}
	c.frame = append(c.frame[:0], c.frame[1+next:]...)
}
