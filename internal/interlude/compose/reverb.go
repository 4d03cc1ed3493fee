package main

import "math"

// lines is how many delay lines the reverb mixes; their lengths share no
// factor, so their echoes never pile up into a pitch.
var lines = [...]int{1553, 1801, 2089, 2393, 2749, 3163, 3631, 4177}

// A reverb is a room: a feedback delay network with a Householder matrix.
// The sound is smeared by all-pass filters on its way in, walks between the
// lines, each pass a little quieter and duller, and each line's length sways
// slowly so that the tail does not ring.
type reverb struct {
	before [2]delayLine // the first walls are some metres off
	smear  [2][3]allPass
	line   [len(lines)]delayLine
	gain   [len(lines)]float64
	dull   [len(lines)]float64
	damp   float64
}

// newReverb's tail falls by 60 dB in the given seconds; its highs from about
// the given frequency up fall sooner.
func newReverb(seconds, hz float64) *reverb {
	r := &reverb{damp: math.Exp(-2 * math.Pi * hz / sampleRate)}
	for c := range r.before {
		r.before[c] = newDelayLine(sampleRate*22/1000 + 37*c)
		for i, n := range [...]int{149, 367, 571} {
			r.smear[c][i] = allPass{newDelayLine(n + 16*c)}
		}
	}
	for i, n := range lines {
		r.line[i] = newDelayLine(n)
		r.gain[i] = math.Pow(10, -3*float64(n)/(seconds*sampleRate))
	}
	return r
}

// process gives the room's answer alone.
func (r *reverb) process(at int, left, right float64) (float64, float64) {
	in := [2]float64{left, right}
	for c := range in {
		wet := r.before[c].last()
		r.before[c].push(in[c])
		for i := range r.smear[c] {
			wet = r.smear[c][i].next(wet)
		}
		in[c] = wet
	}

	var out [len(lines)]float64
	var sum float64
	for i := range r.line {
		sway := 7 * (1 + math.Sin(turns(at, 11+2*i)))
		r.dull[i] += (1 - r.damp) * (r.line[i].before(sway) - r.dull[i])
		out[i] = r.gain[i] * r.dull[i]
		sum += out[i]
	}
	sum *= 2.0 / float64(len(lines))
	for i := range r.line {
		r.line[i].push(out[i] - sum + in[i%2])
	}
	return 0.5 * (out[0] - out[2] + out[4] - out[6]),
		0.5 * (out[1] - out[3] + out[5] - out[7])
}

// A delayLine gives back what it was given len(was) samples ago.
type delayLine struct {
	was []float64
	at  int
}

func newDelayLine(samples int) delayLine {
	return delayLine{was: make([]float64, samples)}
}

func (d *delayLine) last() float64 { return d.was[d.at] }

// before is what the line will give in so many samples, to a fraction.
func (d *delayLine) before(samples float64) float64 {
	whole := int(samples)
	f := samples - float64(whole)
	a := d.was[(d.at+whole)%len(d.was)]
	b := d.was[(d.at+whole+1)%len(d.was)]
	return a + f*(b-a)
}

func (d *delayLine) push(x float64) {
	d.was[d.at] = x
	d.at = (d.at + 1) % len(d.was)
}

// An allPass spreads a click over time and leaves its spectrum as it was.
type allPass struct {
	line delayLine
}

func (a *allPass) next(x float64) float64 {
	const g = 0.6
	was := a.line.last()
	in := x + g*was
	a.line.push(in)
	return was - g*in
}
