//go:build linux

package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"relay/codec/mp3/frametest"
	"relay/icy"
)

// feedInPieces feeds b to a checker in pieces of random size.
func feedInPieces(c *checker, b []byte, r *rand.Rand) {
	for len(b) > 0 {
		n := 1 + r.IntN(min(len(b), 3000))
		c.feed(b[:n])
		b = b[n:]
	}
}

// interleave puts a metadata block after every metaint bytes.
func interleave(audio []byte, metaint int) (wire []byte) {
	for n := 0; len(audio) > metaint; n++ {
		wire = append(wire, audio[:metaint]...)
		audio = audio[metaint:]
		if n%3 == 0 {
			wire = icy.AppendBlock(wire, "some title", "")
		} else {
			wire = append(wire, 0)
		}
	}
	return append(wire, audio...)
}

func TestChecker(t *testing.T) {
	var clean []byte
	starts := []int{}
	for n := uint64(1); n <= 200; n++ {
		starts = append(starts, len(clean))
		clean = append(clean, frametest.Numbered(format, n)...)
	}
	without := func(from, to int) []byte {
		return append(append([]byte{}, clean[:from]...), clean[to:]...)
	}
	tests := []struct {
		name           string
		body           []byte
		metaint        int
		frames, breaks int
	}{
		{"clean", clean, 0, 200, 0},
		{"with metadata", interleave(clean, 1000), 1000, 200, 0},
		{"joined inside a frame", clean[100:], 0, 199, 0},
		{"a frame missing", without(starts[50], starts[51]), 0, 199, 1},
		{"a frame twice", append(append([]byte{}, clean[:starts[51]]...), clean[starts[50]:]...), 0, 201, 1},
		{"bytes missing", without(starts[50]+100, starts[50]+110), 0, 199, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for seed := range uint64(20) {
				c := newChecker(tt.metaint)
				feedInPieces(c, tt.body, rand.New(rand.NewPCG(seed, 1)))
				if c.frames != tt.frames || (c.breaks == 0) != (tt.breaks == 0) {
					t.Fatalf("seed %d: %d frames, %d breaks; want %d, %d", seed, c.frames, c.breaks, tt.frames, tt.breaks)
				}
			}
		})
	}
}

func TestFrameClockKeepsTheBitRate(t *testing.T) {
	start := time.Unix(0, 0)
	clock, total := newFrameClock(start), 0
	for now := start; now.Sub(start) < time.Minute; now = now.Add(feedCadence) {
		total += len(clock.due(now))
	}
	if rate := total * 8 / 60; rate < 127000 || rate > 129000 {
		t.Errorf("%d bit/s", rate)
	}
}

func TestField(t *testing.T) {
	const text = "TCP: inuse 5 orphan 0 tw 3 alloc 7 mem 42\nRssAnon:\t  1234 kB\n"
	if got := field(text, "mem"); got != 42 {
		t.Errorf("mem %d", got)
	}
	if got := field(text, "RssAnon:"); got != 1234 {
		t.Errorf("RssAnon %d", got)
	}
	if got := field(text, "absent"); got != 0 {
		t.Errorf("absent %d", got)
	}
}
