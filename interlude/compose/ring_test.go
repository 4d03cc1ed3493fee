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

func TestEchoesOfTheEndSoundAtTheBeginning(t *testing.T) {
	for name, e := range map[string]effect{
		"ping-pong": newPingPong(3, 0.4),
		"reverb":    newReverb(2.4, 5000),
	} {
		out := through(e, click())
		var heard float64
		for i := range barSamples {
			heard += math.Abs(out.left[i])
		}
		if heard == 0 {
			t.Errorf("%s: nothing of a click before the end is heard after it", name)
		}
	}
}

func TestEffectsComeRoundWithTheLoop(t *testing.T) {
	for name, fresh := range map[string]func() effect{
		"filter":    func() effect { return both(highPass(28, 0.7)) },
		"autopan":   func() effect { return autopan{times: 24, depth: 0.16} },
		"ping-pong": func() effect { return newPingPong(3, 0.46) },
		"reverb":    func() effect { return newReverb(2.4, 5200) },
	} {
		e := fresh()
		once := through(e, click())
		again := through(e, click()) // goes on where the first left off
		for i := range once.left {
			if d := math.Abs(once.left[i] - again.left[i]); d > 1e-9 {
				t.Errorf("%s: sample %d differs by %g from lap to lap", name, i, d)
				break
			}
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
