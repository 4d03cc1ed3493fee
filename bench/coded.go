//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"time"

	"relay/codec"
	"relay/codec/known"
)

// codedKbits is the bit rate of coded streams, in kbit/s.
const codedKbits = "128k"

// encoders are the arguments by which ffmpeg codes at a constant bit rate, by codec.
var encoders = map[string][]string{
	"mp3":  {"-c:a", "libmp3lame", "-f", "mp3", "-write_xing", "0", "-id3v2_version", "0"},
	"aac":  {"-c:a", "aac", "-f", "adts"},
	"opus": {"-c:a", "libopus", "-vbr", "off", "-f", "ogg", "-page_duration", "100000"},
}

// unitClock produces the units of a coded stream when they are due. It plays a minute of
// noise over and over.
type unitClock struct {
	next   time.Time
	units  []codec.Unit
	at     int
	joined codec.Assembler
	buf    []byte
}

// newUnitClock makes the noise with ffmpeg, which takes some seconds.
func newUnitClock(key string) (*unitClock, error) {
	args := append([]string{"-v", "error", "-f", "lavfi", "-i", "anoisesrc=d=60:a=0.3:r=48000", "-ac", "2", "-b:a", codedKbits}, encoders[key]...)
	made, err := exec.Command("ffmpeg", append(args, "-")...).Output()
	if err != nil {
		return nil, fmt.Errorf("code %s with ffmpeg: %w", key, err)
	}
	c := &unitClock{}
	f := known.ByKey(key).NewFramer()
	f.Write(made)
	f.Finish()
	for u, ok := f.Next(); ok; u, ok = f.Next() {
		u.Data, u.Tags = bytes.Clone(u.Data), nil
		c.units = append(c.units, u)
	}
	if len(c.units) == 0 {
		return nil, fmt.Errorf("ffmpeg made no %s", key)
	}
	return c, nil
}

func (c *unitClock) due(now time.Time) []byte {
	c.buf = c.buf[:0]
	for !c.next.After(now) {
		u := c.units[c.at%len(c.units)]
		c.at++
		c.buf = c.joined.Append(c.buf, u, codec.Tags{})
		c.next = c.next.Add(u.Length)
	}
	return c.buf
}

// unitChecker checks that a coded stream has nothing but whole units.
type unitChecker struct {
	framer codec.Framer
	units  int
	breaks int // units that did not continue the last one
}

func (c *unitChecker) feed(b []byte) {
	c.framer.Write(b)
	for u, ok := c.framer.Next(); ok; u, ok = c.framer.Next() {
		if u.Gap && c.units > 0 {
			c.breaks++
		}
		c.units++
	}
}

func (c *unitChecker) counts() (units, breaks int) { return c.units, c.breaks }
