package hls

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"
)

// sampleRate is that of all sound here: mono, in 16 bits.
const sampleRate = 44100

// window is the sound that is judged at once.
const window = sampleRate / 50

// lengthOf returns how long samples play.
func lengthOf(samples int) time.Duration {
	return time.Duration(samples) * time.Second / sampleRate
}

// heard is what a program has played.
type heard struct {
	length time.Duration
	tones  []int           // in order, each of at least a quarter second
	gaps   []time.Duration // longer than a window, with neither of the tones, between the first and the last tone
	breaks []time.Duration // where a tone does not go on as it should, by the place in the sound
}

func (h heard) String() string {
	return fmt.Sprintf("%.1f s: %v Hz, without a tone for %v at most, breaks at %.2f s", h.length.Seconds(), h.tones, h.longest().Round(time.Millisecond), seconds(h.breaks))
}

func seconds(list []time.Duration) (all []float64) {
	for _, d := range list {
		all = append(all, d.Seconds())
	}
	return all
}

// longest returns the longest time without a tone.
func (h heard) longest() time.Duration {
	if len(h.gaps) == 0 {
		return 0
	}
	return slices.Max(h.gaps)
}

// audible returns how many of the gaps can be heard.
func (h heard) audible() (n int) {
	for _, gap := range h.gaps {
		if gap > mostGap {
			n++
		}
	}
	return n
}

// contains reports whether a list has another one in a row.
func contains(list, part []int) bool {
	for i := range len(list) - len(part) + 1 {
		if slices.Equal(list[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

// hear judges sound that should be one or another tone all the time.
func hear(samples []int16, tones ...float64) (h heard) {
	const enough = sampleRate / 4 / window // windows that make a tone
	h.length = lengthOf(len(samples))
	kinds := make([]int, len(samples)/window) // index of the tone; -1: none
	for i := range kinds {
		kinds[i] = kindOf(samples[i*window:][:window], tones)
	}
	first, last := slices.IndexFunc(kinds, isTone), len(kinds)
	for last > 0 && !isTone(kinds[last-1]) {
		last--
	}
	if first < 0 {
		return h
	}
	for i := first; i < last; {
		j := i
		for j < last && kinds[j] == kinds[i] {
			j++
		}
		switch {
		case !isTone(kinds[i]) && j-i > 1:
			h.gaps = append(h.gaps, lengthOf((j-i)*window))
		case isTone(kinds[i]) && j-i >= enough:
			if tone := int(tones[kinds[i]]); len(h.tones) == 0 || h.tones[len(h.tones)-1] != tone {
				h.tones = append(h.tones, tone)
			}
			h.note(phaseBreaks(samples, i*window, j*window, sampleRate/tones[kinds[i]])...)
		}
		if j < last {
			h.note(lengthOf(j * window))
		}
		i = j
	}
	return h
}

func isTone(kind int) bool { return kind >= 0 }

// note adds places of breaks. What lies within a quarter second is one.
func (h *heard) note(places ...time.Duration) {
	for _, at := range places {
		if at < time.Second/2 { // a decoder may begin with less
			continue
		}
		if n := len(h.breaks); n == 0 || at-h.breaks[n-1] > time.Second/4 {
			h.breaks = append(h.breaks, at)
		}
	}
}

// kindOf returns the index of the tone that makes up most of some sound, or -1.
func kindOf(samples []int16, tones []float64) int {
	const quiet = 300 // of 32767, as elsewhere: less is silence
	total := 0.0
	for _, s := range samples {
		total += float64(s) * float64(s)
	}
	if total < quiet*quiet/2*float64(len(samples)) {
		return -1
	}
	for i, tone := range tones {
		var sin, cos float64
		for n, s := range samples {
			angle := 2 * math.Pi * tone * float64(n) / sampleRate
			sin += float64(s) * math.Sin(angle)
			cos += float64(s) * math.Cos(angle)
		}
		if (sin*sin+cos*cos)*2/float64(len(samples)) > total*0.8 {
			return i
		}
	}
	return -1
}

// phaseBreaks returns where the waves of a tone in a part of some sound are too short or
// too long.
func phaseBreaks(samples []int16, from, to int, period float64) (places []time.Duration) {
	last := 0.0
	for i := from + 1; i < to; i++ {
		if samples[i-1] >= 0 || samples[i] < 0 {
			continue
		}
		at := float64(i) - float64(samples[i])/float64(int(samples[i])-int(samples[i-1]))
		if last > 0 && math.Abs(at-last-period) > period/12 {
			places = append(places, lengthOf(i))
		}
		last = at
	}
	return places
}

// samplesIn returns the raw sound in a file so far.
func samplesIn(t testing.TB, path string) []int16 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	samples := make([]int16, len(b)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return samples
}

// The measure finds what it should.
func TestHear(t *testing.T) {
	var sound []int16
	add := func(hertz float64, samples int, from int) {
		for n := range samples {
			sound = append(sound, int16(4000*math.Sin(2*math.Pi*hertz*float64(n+from)/sampleRate)))
		}
	}
	add(0, sampleRate/2, 0)
	add(441, 3*sampleRate, 0)
	add(441, sampleRate, 3*sampleRate+1152) // a frame is missing
	add(0, sampleRate/5, 0)
	add(660, 2*sampleRate, 0)
	h := hear(sound, 441, 660)
	if !slices.Equal(h.tones, []int{441, 660}) || len(h.breaks) != 2 || h.longest() < 180*time.Millisecond || h.longest() > 200*time.Millisecond {
		t.Error(h)
	}
	if at := h.breaks[0] - 3500*time.Millisecond; at.Abs() > 30*time.Millisecond {
		t.Errorf("a break at %v", h.breaks[0])
	}
}
