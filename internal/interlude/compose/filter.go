package main

import "math"

// A biquad is a two-pole filter for one channel, after Robert
// Bristow-Johnson's audio EQ cookbook.
type biquad struct {
	b0, b1, b2, a1, a2 float64
	x1, x2, y1, y2     float64
}

func lowPass(hz, q float64) biquad {
	sin, cos := math.Sincos(2 * math.Pi * hz / sampleRate)
	alpha := sin / (2 * q)
	a0 := 1 + alpha
	return biquad{
		b0: (1 - cos) / 2 / a0, b1: (1 - cos) / a0, b2: (1 - cos) / 2 / a0,
		a1: -2 * cos / a0, a2: (1 - alpha) / a0,
	}
}

func highPass(hz, q float64) biquad {
	sin, cos := math.Sincos(2 * math.Pi * hz / sampleRate)
	alpha := sin / (2 * q)
	a0 := 1 + alpha
	return biquad{
		b0: (1 + cos) / 2 / a0, b1: -(1 + cos) / a0, b2: (1 + cos) / 2 / a0,
		a1: -2 * cos / a0, a2: (1 - alpha) / a0,
	}
}

func bandPass(hz, q float64) biquad {
	sin, cos := math.Sincos(2 * math.Pi * hz / sampleRate)
	alpha := sin / (2 * q)
	a0 := 1 + alpha
	return biquad{
		b0: alpha / a0, b2: -alpha / a0,
		a1: -2 * cos / a0, a2: (1 - alpha) / a0,
	}
}

func (f *biquad) next(x float64) float64 {
	y := f.b0*x + f.b1*f.x1 + f.b2*f.x2 - f.a1*f.y1 - f.a2*f.y2
	f.x2, f.x1 = f.x1, x
	f.y2, f.y1 = f.y1, y
	return y
}

// A pair is the same filter on both channels.
type pair struct {
	left, right biquad
}

func both(f biquad) *pair { return &pair{f, f} }

func (p *pair) process(_ int, left, right float64) (float64, float64) {
	return p.left.next(left), p.right.next(right)
}
