package mounts

import (
	"bytes"
	"hash/maphash"
	"slices"
	"time"

	"relay/codec"
)

const (
	// recentFrames is how many frames recent remembers: 24 s at 48 kHz, 27 s at 44.1 kHz
	// and 73 s at 8 kHz. That covers a burst of 20 s, and Icecast's burst of 64 KiB from
	// 24 kbit/s on.
	recentFrames = 1024

	// enoughLandmarks is how many landmarks prove a run that begins in the middle of what
	// arrives. One unit may equal another by accident, such as the silence with which
	// many files begin.
	enoughLandmarks = 8

	// repeatPatience is how much audio is held in doubt.
	repeatPatience = time.Second
)

// recent remembers the last units of one input that its mount has published, so that
// they are recognised if the input sends them again. The zero value remembers nothing
// yet; a full one takes 8 KiB.
type recent struct {
	prints []uint64 // a ring once it is full
	oldest int
	fingerprints
}

// add remembers a unit that was published.
func (r *recent) add(f codec.Unit) {
	if len(r.prints) < recentFrames {
		r.prints = append(r.prints, r.of(f))
		return
	}
	r.prints[r.oldest] = r.of(f)
	r.oldest = (r.oldest + 1) % recentFrames
}

var fingerprintSeed = maphash.MakeSeed()

// fingerprints identifies units by what other servers leave as it is.
type fingerprints struct{ hash maphash.Hash }

func (p *fingerprints) of(f codec.Unit) uint64 {
	p.hash.SetSeed(fingerprintSeed)
	f.Format.Codec.Hash(&p.hash, f)
	return p.hash.Sum64()
}

// match returns what recognises the remembered units in the audio of a new connection.
// It returns nil if they cannot be recognised: there are none, or all of them are equal
// to others, as in digital silence.
func (r *recent) match() *repeat {
	p := &repeat{
		heard:     slices.Concat(r.prints[r.oldest:], r.prints[:r.oldest]),
		landmarks: make([]int, len(r.prints)+1),
		runs:      make([]int, len(r.prints)),
	}
	times := make(map[uint64]int, len(p.heard))
	for _, print := range p.heard {
		times[print]++
	}
	for i, print := range p.heard {
		p.landmarks[i+1] = p.landmarks[i]
		if times[print] == 1 {
			p.landmarks[i+1]++
		}
	}
	if p.landmarks[len(p.heard)] == 0 {
		return nil
	}
	return p
}

// repeat leaves out units that listeners have already been sent, after an input has
// connected anew: an upstream begins each connection with a burst, and some sources send
// their last seconds again.
//
// Units are left out only if they were published by this input, and only if they lead
// up to the last one of these. So a jingle that is played again stays: what follows it is
// new. Units that match are held until this is clear; units that match nothing are
// played at once.
//
// A run is a row of arriving units that equals a row of remembered ones. Digital
// silence, test tones and loops match in many places. So a run proves nothing until it
// contains landmarks: units that are remembered only once. Runs without any are held
// for a second at most, and then played.
//
// The owner has a recent for each live source and relay, and keeps it for a source that
// has left as it keeps its title. It calls add for each unit that it publishes, and
// match when the input has connected anew. From then on it publishes what next returns,
// in place of each unit that arrives, until settled. Units of other inputs that were
// published meanwhile do not matter. After a break of more than a minute, no burst
// reaches back far enough, and match is of no use. If the connection breaks again before
// it is settled, the owner drops the repeat and calls match again: the held units come
// with the next burst.
//
// A repeat knows no clock. While units are held, the input has nothing to play. If no
// other input plays either, lead falls, unless the units arrive faster than they play.
// An input may well send in real time what it has already sent: a file from its
// beginning, or a loop. So the owner calls giveUp when lead becomes too short.
type repeat struct {
	heard     []uint64 // the remembered units, oldest first
	landmarks []int    // how many of heard[:i] are landmarks
	runs      []int    // the length of the run that ends with heard[i] and with the last unit that arrived
	arrived   int      // units

	fingerprints

	held      []heldFrame
	repeating bool          // some held units were heard before
	doubt     time.Duration // audio since a run was last proved
	out       []codec.Unit

	leftOut  time.Duration // audio that was left out
	passed   bool          // a unit was played since the new connection
	complete bool          // the last remembered unit has arrived again
	settled  bool          // all units that follow are to be played
}

type heldFrame struct {
	codec.Unit
	heard bool // part of a run that was proved
}

// next takes the next unit that arrives and returns the units to play now, in order.
// They are valid until the next call; f is not kept. A unit that does not follow the
// last one that was played has a Gap. So the first unit after a repeat has none: if
// nothing else was published since, the splice needs no codec.Splicer.Cut.
func (p *repeat) next(f codec.Unit) []codec.Unit {
	p.out = p.out[:0]
	if p.complete {
		p.settled = true
		f.Gap = f.Gap || p.passed
		return append(p.out, f)
	}
	p.arrived++
	p.held = append(p.held, heldFrame{Unit: f})
	r := p.follow(p.of(f))
	switch landmarks := p.landmarksIn(r); {
	case landmarks >= enoughLandmarks, landmarks > 0 && r.length == p.arrived:
		p.markHeard(r)
		if r.end == len(p.heard) {
			return p.leaveOut()
		}
	default:
		p.doubt += f.Length
		p.repeating = p.repeating && p.doubt <= repeatPatience
	}
	if p.arrived == len(p.heard)+recentFrames {
		return p.giveUp()
	}
	p.release(len(p.held) - p.doubtful(r))
	if len(p.held) > 0 {
		last := &p.held[len(p.held)-1]
		last.Data = bytes.Clone(f.Data)
	}
	return p.out
}

// run is a run that ends with the last unit that arrived.
type run struct {
	length int // units
	end    int // it ends with heard[end-1]
}

// follow advances all runs by a unit and returns the longest. No other run can have
// landmarks: the longest would share them, and they are remembered only once.
func (p *repeat) follow(print uint64) (longest run) {
	for i := len(p.heard) - 1; i >= 0; i-- {
		if p.heard[i] != print {
			p.runs[i] = 0
			continue
		}
		length := 1
		if i > 0 {
			length += p.runs[i-1]
		}
		p.runs[i] = length
		if length > longest.length {
			longest = run{length, i + 1}
		}
	}
	return longest
}

func (p *repeat) landmarksIn(r run) int { return p.landmarks[r.end] - p.landmarks[r.end-r.length] }

// markHeard marks those of a run that was proved that are still held.
func (p *repeat) markHeard(r run) {
	for i := max(0, len(p.held)-r.length); i < len(p.held); i++ {
		p.held[i].heard = true
	}
	p.repeating, p.doubt = true, 0
}

// doubtful returns how many of the held units must stay held.
func (p *repeat) doubtful(r run) int {
	switch {
	case p.repeating: // the run may go on, if the upstream has lost some units
		return len(p.held)
	case p.doubt <= repeatPatience, p.landmarksIn(r) > 0: // the run may yet be proved
		return min(r.length, len(p.held))
	}
	return 0
}

// release plays the first n of the held units.
func (p *repeat) release(n int) {
	for _, f := range p.held[:n] {
		p.out = append(p.out, f.Unit)
		p.passed = true
	}
	p.held = slices.Delete(p.held, 0, n)
}

// leaveOut ends the search: the last unit that was played has arrived again. It returns
// the held units that were never heard.
func (p *repeat) leaveOut() []codec.Unit {
	gap := false
	for _, f := range p.held {
		if f.heard {
			p.leftOut += f.Length
			gap = true
			continue
		}
		f.Gap = f.Gap || gap
		p.out = append(p.out, f.Unit)
		p.passed, gap = true, false
	}
	p.held, p.complete = nil, true
	return p.out
}

// giveUp ends the search without a result, and returns the held units, which are to be
// played. They are valid until the next call.
func (p *repeat) giveUp() []codec.Unit {
	p.out = p.out[:0]
	p.release(len(p.held))
	p.settled = true
	return p.out
}
