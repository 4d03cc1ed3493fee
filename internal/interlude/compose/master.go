package main

import "math"

// ceiling leaves 3 dB for what the encoder adds to the peaks.
const ceiling = 0.70

// master takes out what lies below hearing and holds back the few peaks that
// stand out.
func master(in ring) ring {
	out := through(both(highPass(28, 0.7)), in)
	limit(out, ceiling)
	return out
}

// limit keeps both channels within the ceiling. It looks as far ahead as
// behind, which on a ring it always can: each peak's gain is first held over
// its surroundings, then the curve is smoothed over just as many samples, so
// that it is smooth and yet never above what a peak allows.
func limit(r ring, ceiling float64) {
	const reach = sampleRate / 100
	need := make([]float64, loopSamples)
	for i := range need {
		need[i] = min(1, ceiling/max(math.Abs(r.left[i]), math.Abs(r.right[i]), ceiling))
	}
	held := make([]float64, loopSamples)
	for i := range held {
		held[i] = 1
	}
	for i, g := range need {
		if g == 1 {
			continue
		}
		for k := i - reach; k <= i+reach; k++ {
			held[onRing(k)] = min(held[onRing(k)], g)
		}
	}
	gain := smooth(smooth(held, reach/2), reach/2)
	for i, g := range gain {
		r.left[i] *= g
		r.right[i] *= g
	}
}

// smooth averages each value with as many neighbours on either side.
func smooth(in []float64, reach int) []float64 {
	out := make([]float64, len(in))
	width := float64(2*reach + 1)
	var sum float64
	for k := -reach; k <= reach; k++ {
		sum += in[onRing(k)]
	}
	for i := range in {
		out[i] = sum / width
		sum += in[onRing(i+reach+1)] - in[onRing(i-reach)]
	}
	return out
}
