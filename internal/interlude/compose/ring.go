package main

import "math"

// A ring is stereo sound exactly one loop long whose end is its beginning.
type ring struct {
	left, right []float64
}

func newRing() ring {
	return ring{make([]float64, loopSamples), make([]float64, loopSamples)}
}

// add lays a sample onto the ring; at may be before its start or past its end.
func (r ring) add(at int, left, right float64) {
	at = onRing(at)
	r.left[at] += left
	r.right[at] += right
}

// blend adds another ring at a level.
func (r ring) blend(other ring, level float64) {
	for i := range r.left {
		r.left[i] += level * other.left[i]
		r.right[i] += level * other.right[i]
	}
}

// peak is the largest sample on either side.
func (r ring) peak() float64 {
	var p float64
	for i := range r.left {
		p = max(p, math.Abs(r.left[i]), math.Abs(r.right[i]))
	}
	return p
}

func onRing(at int) int {
	return ((at % loopSamples) + loopSamples) % loopSamples
}

// An effect is anything with a memory. It is told where on the ring it is, so
// that what moves by itself can come round with the loop.
type effect interface {
	process(at int, left, right float64) (float64, float64)
}

// settle is how many laps an effect runs before it is recorded. The longest
// echo here fades to nothing within one.
const settle = 2

// through runs a ring through an effect until the effect's memory of the end
// is what it would bring to the beginning, then keeps one lap.
func through(e effect, in ring) ring {
	out := newRing()
	for range settle + 1 {
		for i := range in.left {
			out.left[i], out.right[i] = e.process(i, in.left[i], in.right[i])
		}
	}
	return out
}

// turns is the phase, in radians, of something that moves by itself and comes
// round a whole number of times in the loop.
func turns(at, times int) float64 {
	return 2 * math.Pi * float64(at*times%loopSamples) / loopSamples
}
