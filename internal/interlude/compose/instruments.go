package main

import "math"

// silence is the level, about -80 dB, below which a fading note ends.
const silence = 1e-4

// playKeys is a stroke on an electric piano: two FM pairs, one for the round
// body whose brightness fades as the tone does, one for the chime of the tine
// at the start. A third of each side is tuned a hair away from the middle, which
// is the chorus; more would cancel out on a mono radio.
func playKeys(to ring, n note) {
	const (
		fade    = 1.05 // per second, while held
		damp    = 9.0  // per second, after release
		detune  = 0.0012
		tineHz  = 14 // the tine sounds this many times above the note
		release = sampleRate
	)
	// High notes of a real one are purer and hit with less felt.
	body := 1.5 * n.velocity * math.Sqrt(220/n.pitch)
	tine := 0.45 * n.velocity * n.velocity
	middle := 2 * math.Pi * n.pitch
	for i := range n.length + release {
		t := float64(i) / sampleRate
		level := n.velocity * math.Exp(-fade*t) * (1 - math.Exp(-500*t))
		if i > n.length {
			level *= math.Exp(-damp * float64(i-n.length) / sampleRate)
		}
		bodyIndex := body * math.Exp(-2.4*t)
		tineIndex := tine * math.Exp(-16*t)
		sound := func(w float64) float64 {
			return 0.75*math.Sin(w*t+bodyIndex*math.Sin(w*t)) +
				0.25*math.Sin(w*t+tineIndex*math.Sin(tineHz*w*t))
		}
		core := 0.67 * sound(middle)
		to.add(n.start+i,
			level*(core+0.33*sound(middle*(1-detune))),
			level*(core+0.33*sound(middle*(1+detune))))
	}
}

// playPluck is a nylon string plucked at a fifth of its length: that takes out
// every fifth harmonic, and the higher ones fade the faster.
func playPluck(to ring, n note) {
	const harmonics = 9
	// Strings are strung from left to right as they get higher.
	pan := 0.5 + 0.25*math.Log2(n.pitch/660)
	left, right := math.Cos(pan*math.Pi/2), math.Sin(pan*math.Pi/2)
	for h := 1; h <= harmonics; h++ {
		k := float64(h)
		level := n.velocity * math.Sin(k*math.Pi/5) / math.Pow(k, 1.9-0.3*n.velocity)
		fade := 2.4 + 1.1*math.Pow(k, 1.5)
		w := 2 * math.Pi * n.pitch * k
		for i := 0; ; i++ {
			t := float64(i) / sampleRate
			fall := math.Exp(-fade * t)
			if fall < silence {
				break
			}
			s := level * fall * (1 - math.Exp(-900*t)) * math.Sin(w*t)
			to.add(n.start+i, left*s, right*s)
		}
	}
}

// playBass is a round, felt-like bass: a sine with enough of the next two
// harmonics for a small loudspeaker to suggest the note it cannot play.
func playBass(to ring, n note) {
	const release = sampleRate / 2
	w := 2 * math.Pi * n.pitch
	length := n.length * 9 / 10
	for i := range length + release {
		t := float64(i) / sampleRate
		level := n.velocity * (0.35 + 0.65*math.Exp(-1.8*t)) * (1 - math.Exp(-160*t))
		if i > length {
			level *= math.Exp(-22 * float64(i-length) / sampleRate)
		}
		bright := math.Exp(-3 * t)
		s := math.Sin(w*t) + (0.16+0.22*bright)*math.Sin(2*w*t) + 0.14*bright*math.Sin(3*w*t)
		s = level * math.Tanh(0.9*s)
		to.add(n.start+i, s, s)
	}
}

// playPad is a breath of strings behind the chord, four voices a note, two
// for each side, that swells in and out over the change.
func playPad(to ring, n note) {
	const (
		attack  = 0.45 // seconds
		release = 0.90
	)
	held := float64(n.length) / sampleRate
	var phase, step [4]float64
	for v := range phase {
		phase[v] = float64((n.seed*7+uint64(v)*5)%16) / 16
		step[v] = n.pitch * (1 + 0.0016*(float64(v)-1.5)) / sampleRate
	}
	for i := range n.length + int(release*sampleRate) {
		t := float64(i) / sampleRate
		level := n.velocity * ease(t/attack) * ease((held+release-t)/release)
		var s [4]float64
		for v := range s {
			s[v] = strings8.at(phase[v] + float64(i)*step[v])
		}
		// Neighbours in tuning lean to opposite sides, so both sides beat.
		l, r := s[0]+s[2], s[1]+s[3]
		to.add(n.start+i, level*(l+0.4*r), level*(r+0.4*l))
	}
}

// ease rises from 0 at 0 to 1 at 1 without a corner at either end.
func ease(x float64) float64 {
	x = min(max(x, 0), 1)
	return x * x * (3 - 2*x)
}

// A wavetable is one period of a tone.
type wavetable [4096]float64

// strings8 is a soft sawtooth of eight harmonics.
var strings8 = func() *wavetable {
	var w wavetable
	for i := range w {
		for h := 1; h <= 8; h++ {
			k := float64(h)
			w[i] += math.Sin(2*math.Pi*k*float64(i)/float64(len(w))) / math.Pow(k, 1.6)
		}
	}
	return &w
}()

// at reads the table at a phase counted in periods.
func (w *wavetable) at(phase float64) float64 {
	x := (phase - math.Floor(phase)) * float64(len(w))
	i := int(x)
	f := x - float64(i)
	return w[i%len(w)]*(1-f) + w[(i+1)%len(w)]*f
}
