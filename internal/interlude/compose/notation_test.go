package main

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestPitchKnowsOctavesAndFlats(t *testing.T) {
	for name, want := range map[string]float64{
		"A4": 440, "A3": 220, "Bb1": 58.270, "C4": 261.626, "Eb2": 77.782, "C6": 1046.502,
	} {
		got, err := pitch(name)
		if err != nil || math.Abs(got-want) > 0.001 {
			t.Errorf("pitch(%q) = %.3f, %v; want %.3f", name, got, err, want)
		}
	}
	for _, name := range []string{"", "A", "H4", "C#4", "Bbb3", "4", "C-"} {
		if got, err := pitch(name); err == nil {
			t.Errorf("pitch(%q) = %.3f, want an error", name, got)
		}
	}
}

func TestLineHoldsAndRests(t *testing.T) {
	notes, err := readLine("C4 - . D4", barSteps, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if len(notes) != 2 {
		t.Fatalf("%d notes, want 2", len(notes))
	}
	if want := barSamples / 2; notes[0].length != want {
		t.Errorf("the held note lasts %d samples, want %d", notes[0].length, want)
	}
	if off := notes[1].start - (barSamples + barSamples*3/4); off < -200 || off > 200 {
		t.Errorf("the last note is %d samples off its beat", off)
	}
}

func TestLineRefusesWhatCannotBePlayed(t *testing.T) {
	for _, text := range []string{"", "- C4", "C4 . - .", "C4 D4 E4", "X4"} {
		if _, err := readLine(text, 0, rand.New(rand.NewPCG(1, 1))); err == nil {
			t.Errorf("%q was read, want an error", text)
		}
	}
}

func TestScoreCanBeRead(t *testing.T) {
	p, err := readScore(score)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range [][]note{p.keys, p.pad, p.bass, p.pluck, p.shaker, p.brush, p.kick} {
		if len(part) == 0 {
			t.Error("a part has nothing to play")
		}
	}
}

func TestBeatsFallOnWholeSamples(t *testing.T) {
	if stepStart(len(score)*barSteps) != loopSamples {
		t.Errorf("%d bars of %d samples are not the loop's %d", len(score), barSamples, loopSamples)
	}
}
