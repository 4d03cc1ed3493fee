package main

import "math"

// A pingPong sends an echo from side to side, darker at each bounce.
type pingPong struct {
	left, right []float64 // what comes back, one echo's length each
	dark        *pair
	feedback    float64
}

// newPingPong's echoes are so many sixteenths apart.
func newPingPong(steps int, feedback float64) *pingPong {
	return &pingPong{
		left:     make([]float64, steps*stepSamples),
		right:    make([]float64, steps*stepSamples),
		dark:     both(lowPass(3200, 0.6)),
		feedback: feedback,
	}
}

// process gives the echoes alone. All enters on the left and then crosses.
func (p *pingPong) process(at int, left, right float64) (float64, float64) {
	i := at % len(p.left)
	l, r := p.left[i], p.right[i]
	dl, dr := p.dark.process(at, l, r)
	p.left[i] = 0.7*(left+right) + p.feedback*dr
	p.right[i] = p.feedback * dl
	return l, r
}

// An autopan leans from side to side, as a suitcase piano's amplifier does.
type autopan struct {
	times int // round the loop
	depth float64
}

func (a autopan) process(at int, left, right float64) (float64, float64) {
	lean := a.depth * math.Sin(turns(at, a.times))
	return left * (1 + lean), right * (1 - lean)
}
