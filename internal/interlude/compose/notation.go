package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
)

// A note is one stroke on one instrument. start and length are in samples;
// start lies on the ring, pitch is in hertz and velocity from 0 to 1.
type note struct {
	start    int
	length   int
	pitch    float64
	velocity float64
	seed     uint64 // tells strokes apart that would else sound the same
}

// parts is the score taken apart by instrument.
type parts struct {
	keys, pad, bass, pluck, shaker, brush, kick []note
}

// readScore turns the written bars into notes, with the small unevenness of
// hands: a few milliseconds, a few percent, the same in every run.
func readScore(bars [len(score)]bar) (parts, error) {
	var p parts
	hand := rand.New(rand.NewPCG(93, 75))
	for i, b := range bars {
		first := i * barSteps
		chords, err := readChords(b.keys)
		if err != nil {
			return p, fmt.Errorf("bar %d, keys: %w", i+1, err)
		}
		p.keys = append(p.keys, comp(chords, first, hand)...)
		p.pad = append(p.pad, sustain(chords, first)...)

		lines := []struct {
			name, text string
			into       *[]note
			read       func(string, int, *rand.Rand) ([]note, error)
		}{
			{"bass", b.bass, &p.bass, readLine},
			{"pluck", b.pluck, &p.pluck, readLine},
			{"shaker", shaker, &p.shaker, readStrokes},
			{"brush", b.brush, &p.brush, readStrokes},
			{"kick", b.kick, &p.kick, readStrokes},
		}
		for _, l := range lines {
			notes, err := l.read(l.text, first, hand)
			if err != nil {
				return p, fmt.Errorf("bar %d, %s: %w", i+1, l.name, err)
			}
			*l.into = append(*l.into, notes...)
		}
	}
	return p, nil
}

// readChords reads "G3+Bb3 / F3+C4": the pitches of each chord, low to high.
func readChords(text string) ([][]float64, error) {
	var chords [][]float64
	for written := range strings.SplitSeq(text, "/") {
		var chord []float64
		for name := range strings.SplitSeq(strings.TrimSpace(written), "+") {
			hz, err := pitch(name)
			if err != nil {
				return nil, err
			}
			chord = append(chord, hz)
		}
		chords = append(chords, chord)
	}
	return chords, nil
}

// comp plays the chords of one bar in the electric piano's rhythm, each stroke
// rolled upwards a little, as a hand lands.
func comp(chords [][]float64, first int, hand *rand.Rand) []note {
	var notes []note
	for _, hit := range comping[first/barSteps%2] {
		chord := chords[hit.step*len(chords)/barSteps]
		at := stepStart(first+hit.step) + waver(hand, 0.004)
		for i, hz := range chord {
			notes = append(notes, note{
				start:    at + i*sampleRate*7/1000,
				length:   hit.length * stepSamples,
				pitch:    hz,
				velocity: hit.velocity * (0.94 + 0.12*hand.Float64()),
			})
		}
	}
	return notes
}

// sustain holds the chords of one bar for as long as each lasts.
func sustain(chords [][]float64, first int) []note {
	var notes []note
	length := barSamples / len(chords)
	for i, chord := range chords {
		for j, hz := range chord {
			notes = append(notes, note{
				start:    stepStart(first) + i*length,
				length:   length,
				pitch:    hz,
				velocity: 1,
				seed:     uint64(first + 4*i + j),
			})
		}
	}
	return notes
}

// readLine reads a melody whose words share the bar evenly.
func readLine(text string, first int, hand *rand.Rand) ([]note, error) {
	var notes []note
	sounding := false // whether "-" has something to hold
	words := strings.Fields(text)
	if len(words) == 0 || barSteps%len(words) != 0 {
		return nil, fmt.Errorf("%d words in a bar of %d steps", len(words), barSteps)
	}
	steps := barSteps / len(words)
	for i, word := range words {
		switch word {
		case ".":
			sounding = false
		case "-":
			if !sounding {
				return nil, fmt.Errorf("word %d holds a note, but none sounds", i+1)
			}
			notes[len(notes)-1].length += steps * stepSamples
		default:
			hz, err := pitch(word)
			if err != nil {
				return nil, err
			}
			sounding = true
			notes = append(notes, note{
				start:    stepStart(first+i*steps) + waver(hand, 0.003),
				length:   steps * stepSamples,
				pitch:    hz,
				velocity: stress(i*steps) * (0.90 + 0.20*hand.Float64()),
			})
		}
	}
	return notes, nil
}

// stress is how much weight a step has in its bar.
func stress(step int) float64 {
	switch {
	case step%8 == 0:
		return 0.85
	case step%4 == 0:
		return 0.75
	}
	return 0.65
}

// readStrokes reads a drum's bar: a digit strikes, "." does not.
func readStrokes(text string, first int, hand *rand.Rand) ([]note, error) {
	if len(text) != barSteps {
		return nil, fmt.Errorf("%d strokes in a bar of %d steps", len(text), barSteps)
	}
	var notes []note
	for i, c := range text {
		if c == '.' {
			continue
		}
		if c < '1' || c > '9' {
			return nil, fmt.Errorf("%q is no stroke", c)
		}
		notes = append(notes, note{
			start:    stepStart(first+i) + waver(hand, 0.002),
			velocity: float64(c-'0') / 9 * (0.90 + 0.20*hand.Float64()),
			seed:     uint64(first + i),
		})
	}
	return notes, nil
}

// waver is a random distance from the beat, in samples, up to so many seconds
// early or late.
func waver(hand *rand.Rand, seconds float64) int {
	return int((2*hand.Float64() - 1) * seconds * sampleRate)
}

// pitch is the frequency of a note written as letter, optional "b" for flat,
// and octave: A4 is 440 Hz.
func pitch(name string) (float64, error) {
	m := noteName.FindStringSubmatch(name)
	if m == nil {
		return 0, fmt.Errorf("%q is no note", name)
	}
	fromA := map[string]int{"C": -9, "D": -7, "E": -5, "F": -4, "G": -2, "A": 0, "B": 2}
	octaves := int(m[3][0]) - '4'
	semitones := 12*octaves + fromA[m[1]] - len(m[2])
	return 440 * math.Exp2(float64(semitones)/12), nil
}

var noteName = regexp.MustCompile(`^([A-G])(b?)([0-9])$`)
