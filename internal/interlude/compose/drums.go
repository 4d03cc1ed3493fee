package main

import (
	"math"
	"math/rand/v2"
)

// playShaker is a grain of filtered noise: up quickly, down softly, a little
// to the right of the middle.
func playShaker(to ring, n note) {
	hiss := rand.New(rand.NewPCG(n.seed, 1))
	band := bandPass(6800, 0.9)
	for i := range sampleRate / 5 {
		t := float64(i) / sampleRate
		level := n.velocity * (1 - math.Exp(-250*t)) * math.Exp(-38*t)
		s := level * band.next(2*hiss.Float64()-1)
		to.add(n.start+i, 0.60*s, 0.80*s)
	}
}

// playBrush is a sweep over a snare: wide noise that swells into the beat's
// tap and trails off, with no drum under it.
func playBrush(to ring, n note) {
	const lead = sampleRate / 12 // the sweep begins before the tap
	left := rand.New(rand.NewPCG(n.seed, 2))
	right := rand.New(rand.NewPCG(n.seed, 3))
	bandL, bandR := bandPass(2600, 0.6), bandPass(2600, 0.6)
	for i := range lead + sampleRate*3/5 {
		t := float64(i-lead) / sampleRate
		level := 0.30 * ease(float64(i)/lead)
		if t >= 0 {
			level = 0.30*math.Exp(-11*t) + 0.70*math.Exp(-45*t)*(1-math.Exp(-600*t))
		}
		level *= n.velocity
		a, b := 2*left.Float64()-1, 2*right.Float64()-1
		// Shared in part, so that it has a place as well as a width.
		to.add(n.start-lead+i,
			level*bandL.next(0.8*a+0.4*b),
			level*bandR.next(0.4*a+0.8*b))
	}
}

// playKick is a felt beater heard from the next room: a short falling sine.
func playKick(to ring, n note) {
	phase := 0.0
	for i := range sampleRate * 4 / 5 {
		t := float64(i) / sampleRate
		phase += (48 + 55*math.Exp(-45*t)) / sampleRate
		level := n.velocity * (1 - math.Exp(-350*t)) * math.Exp(-11*t)
		s := level * math.Sin(2*math.Pi*phase)
		to.add(n.start+i, s, s)
	}
}
