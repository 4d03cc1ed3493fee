package aac

import (
	"math"

	"relay/codec"
)

// minLevel is the lowest level of a frame that is not empty, in dB.
const minLevel = -59

// Level adds up the bands of the first channel that is not silent: their scalefactors, and
// the largest values that their codebooks have. It does not read the values themselves.
// Of noise and music the estimate is off by some 10 dB. Of a pure tone it may be 30 dB too
// low: codebook 11 has values up to 8191, and this takes 32 for all of them.
func (adts) Level(u codec.Unit) int {
	h, ok := ParseHeader(u.Data)
	if !ok || h.Size != len(u.Data) {
		return codec.DigitalSilence
	}
	r := reader{b: u.Data[h.payload():]}
	power, silent := 0.0, true
	for silent && !r.over() {
		switch element(r.read(3)) {
		case sce, lfe:
			r.read(4)
			power, silent = readChannel(&r, nil)
		case cpe:
			r.read(4)
			power, silent = readPair(&r)
		case dse:
			passData(&r)
		case pce:
			silent = passConfig(&r)
		case fil:
			r.at += 8 * readCount(&r)
		case cce:
			silent = false
		case end:
			return codec.DigitalSilence
		}
	}
	return min(max(int(math.Round(10*math.Log10(power))), minLevel), 0)
}

// passData passes over a DSE (§4.4.2.1, table 4.10).
func passData(r *reader) {
	r.read(4)
	aligned := r.flag()
	count := r.read(8)
	if count == 255 {
		count += r.read(8)
	}
	if aligned {
		r.align()
	}
	r.at += 8 * count
}

// passConfig passes over a PCE at the start of a block, and its comment.
func passConfig(r *reader) bool {
	c, ok := readConfig(r.b)
	if !ok || r.at != 3 {
		return false
	}
	r.at = 8 * (len(c.bytes) - 1)
	r.at += 8 * r.read(8)
	return true
}
