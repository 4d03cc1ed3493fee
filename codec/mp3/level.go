package mp3

import (
	"math"

	"relay/codec"
)

// Level estimates how loud the frame is, in dB below full scale: the root mean square
// of all channels, from codec.DigitalSilence to 0. It decodes nothing: it reads global_gain,
// the Huffman tables and the length of the scalefactors in the side information
// (§2.4.1.7, §2.4.3.4).
//
// The estimate of one frame is off by about 6 dB, at the lowest bit rates by 9 dB; an
// average over three frames follows the sound well. Encoders differ by up to 15 dB, so
// compare a frame with others of its stream, and not with a fixed level. A decoder plays
// the sound of a frame about one frame later.
//
// A frame without any main data is digital silence. Not every encoder leaves them out
// where there is no sound: shine's digital silence has about -80 dB.
func (f Frame) Level() int {
	power := 0.0
	list, n := f.granules()
	for _, g := range list[:n] {
		if g.bits() > 0 {
			power += math.Pow(10, float64(g.level())/10)
		}
	}
	if power == 0 {
		return codec.DigitalSilence
	}
	return min(max(int(math.Round(10*math.Log10(power/float64(n)))), codec.DigitalSilence+1), 0)
}

// fullScale is the global_gain with which values of 1 are about as loud as it gets.
const fullScale = 208

// level estimates the level of one granule and channel with main data, in dB.
func (g granule) level() int {
	peak := peaks[0]
	for _, table := range g.tables() {
		peak = max(peak, peaks[table])
	}
	// Half of the range of scalefactors lowers the loudest band by about this much.
	return (g.gain()-fullScale)*3/2 + peak - g.scaled()
}

// peaks holds how loud the values are that a Huffman table is chosen for, in dB: 80/3
// times the logarithm of the largest value, since values are to the power of 4/3
// (§2.4.3.4). Table 0 codes only zeros, beside which the count1 region may have ones.
var peaks = [32]int{
	-4, 0, 8, 8, -4, 13, 13, 17, 17, 17, 22, 22, 22, 28, -4, 28,
	32, 33, 35, 37, 44, 53, 66, 85, 36, 40, 44, 49, 58, 65, 80, 96,
}
