package main

import (
	"math"
	"testing"
)

// click is a ring with one loud sample shortly before its end.
func click() ring {
	r := newRing()
	r.add(-100, 1, 1)
	return r
}

func TestEffectsComeRoundWithTheLoop(t *testing.T) {
	for name, e := range map[string]effect{
		"filter":    both(highPass(28, 0.7)),
		"autopan":   autopan{times: 24, depth: 0.16},
		"ping-pong": newPingPong(3, 0.46),
		"reverb":    newReverb(2.4, 5200),
	} {
		in := click()
		out := through(e, in)
		for i := range barSamples { // the bar that follows the last
			left, right := e.process(i, in.left[i], in.right[i])
			if d := max(math.Abs(left-out.left[i]), math.Abs(right-out.right[i])); d > 1e-9 {
				t.Errorf("%s: sample %d differs by %g from lap to lap", name, i, d)
				break
			}
		}

		if _, forgets := e.(autopan); forgets {
			continue // it has no memory to carry over the seam
		}
		var heard float64
		for i := range barSamples {
			heard += math.Abs(out.left[i])
		}
		if heard == 0 {
			t.Errorf("%s: nothing of a click before the end is heard after it", name)
		}
	}
}

func TestLimiterKeepsTheCeilingAcrossTheSeam(t *testing.T) {
	r := newRing()
	for _, at := range []int{0, -1, 5000, loopSamples / 2} {
		r.add(at, 1, -0.9)
	}
	limit(r, 0.7)
	if p := r.peak(); p > 0.7+1e-12 {
		t.Errorf("the peak is %.3f, want at most 0.7", p)
	}
}
