package mp3_test

import (
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"relay/codec"
	"relay/codec/mp3"
)

// The parts of testdata/pauses-*.mp3 are a second each: noise, a quiet pause, music,
// digital silence, words.
func TestLevelFindsPauses(t *testing.T) {
	for _, name := range []string{"pauses-abr-64-44100-stereo", "pauses-24-22050-mono", "pauses-vbr-16000-mono", "pauses-shine-64-44100-stereo"} {
		t.Run(name, func(t *testing.T) {
			list := load(t, name)
			part := func(second int) (mean float64) {
				perSecond := float64(list[0].SampleRate) / float64(list[0].Samples)
				// Encoders delay the sound by up to three frames.
				inner := list[int(float64(second)*perSecond)+5 : int(float64(second+1)*perSecond)-2]
				for _, f := range inner {
					mean += float64(f.Level()) / float64(len(inner))
				}
				return mean
			}
			noise, pause, music, silence, words := part(0), part(1), part(2), part(3), part(4)
			t.Logf("noise %.0f, pause %.0f, music %.0f, digital silence %.0f, words %.0f dB", noise, pause, music, silence, words)
			if min(noise, music, words) < pause+15 || pause < silence+15 || max(noise, music, words) > -5 {
				t.Error("the parts are not told apart")
			}
		})
	}
}

func TestLevelOfSilence(t *testing.T) {
	for _, h := range everyFormat() {
		f := mp3.Frame{Header: h, Data: mp3.Silence(h)}
		if got := f.Level(); got != codec.DigitalSilence {
			t.Fatalf("silence of %+v has %d dB", h, got)
		}
	}
}

// programme has noise, speech-like bursts, pauses, fades and chords, 20 s in all.
const programme = "anoisesrc=c=pink:a=0.3:d=3,tremolo=f=3:d=0.95[a];" +
	"anoisesrc=c=pink:a=0.002:d=1[b];" +
	"sine=220:d=3[c1];sine=277:d=3[c2];anoisesrc=c=white:a=0.1:d=3[c3];[c1][c2][c3]amix=3,afade=d=1,afade=out:st=2:d=1[c];" +
	"anullsrc,atrim=0:1[d];" +
	"anoisesrc=c=brown:a=0.8:d=3[e];" +
	"sine=440:d=3,volume=0.3,afade=out:d=3[f];" +
	"anoisesrc=c=pink:a=0.005:d=1[g];" +
	"anoisesrc=c=white:a=0.3:d=5,bandpass=f=800,tremolo=f=2:d=1[h];" +
	"[a][b][c][d][e][f][g][h]concat=n=8:v=0:a=1"

// Level agrees with the sound that ffmpeg decodes, frame by frame.
func TestLevelFollowsTheSound(t *testing.T) {
	for _, args := range []string{
		"-ar 44100 -ac 2 -c:a libmp3lame -b:a 128k", "-ar 44100 -ac 2 -c:a libmp3lame -b:a 320k", "-ar 44100 -ac 2 -c:a libmp3lame -b:a 64k -joint_stereo 1",
		"-ar 44100 -ac 2 -c:a libmp3lame -b:a 128k -joint_stereo 0", "-ar 44100 -ac 2 -c:a libmp3lame -q:a 2", "-ar 44100 -ac 2 -c:a libmp3lame -q:a 7",
		"-ar 48000 -ac 2 -c:a libmp3lame -b:a 112k -abr 1", "-ar 44100 -ac 1 -c:a libmp3lame -b:a 96k", "-ar 22050 -ac 1 -c:a libmp3lame -b:a 32k",
		"-ar 16000 -ac 1 -c:a libmp3lame -b:a 16k", "-ar 8000 -ac 1 -c:a libmp3lame -b:a 8k", "-ar 44100 -ac 2 -c:a libshine -b:a 128k", "-ar 44100 -ac 2 -c:a libshine -b:a 64k",
	} {
		t.Run(args, func(t *testing.T) {
			if strings.Contains(args, "shine") && !canEncode("libshine") {
				t.Skip("this ffmpeg has no libshine")
			}
			encode := append([]string{"-v", "error", "-filter_complex", programme}, strings.Fields(args+" -f mp3 -")...)
			encoded, _ := decoders[0].Run(t, encode, nil)
			list, _ := cut(encoded, len(encoded))
			if len(list) < 250 {
				t.Fatalf("ffmpeg encoded %d frames", len(list))
			}
			levels, sound := smooth(levelsOf(list)), smooth(loudness(t, list))
			r, quietest, typical := correlation(levels, sound), loudnessOfQuietest(levels, sound), median(sound)
			t.Logf("correlation %.2f; the sound has %.0f dB, and %.0f dB where Level is lowest", r, typical, quietest)
			if r < 0.9 || quietest > typical-30 {
				t.Error("Level does not follow the sound")
			}
		})
	}
}

// canEncode reports whether ffmpeg is missing, which the test finds out by itself, or
// has the encoder.
func canEncode(name string) bool {
	out, err := exec.Command("ffmpeg", "-hide_banner", "-encoders").Output()
	return err != nil || strings.Contains(string(out), name)
}

// floor is the quietest that counts, in dB: below it, differences are not heard.
const floor = -70

func levelsOf(list []mp3.Frame) (levels []float64) {
	for _, f := range list {
		levels = append(levels, max(float64(f.Level()), floor))
	}
	return levels
}

// loudness returns the root mean square of each frame as ffmpeg decodes it, in dB.
func loudness(t testing.TB, list []mp3.Frame) (decibels []float64) {
	t.Helper()
	samples := decoders[0].programme(t, list)
	size := list[0].Samples * list[0].Channels * 2
	if len(samples) != len(list)*size {
		t.Fatalf("ffmpeg decodes %d frames to %d bytes", len(list), len(samples))
	}
	for frame := range slices.Chunk(samples, size) {
		power := 0.0
		for sample := range slices.Chunk(frame, 2) {
			power += math.Pow(float64(int16(binary.LittleEndian.Uint16(sample)))/math.MaxInt16, 2)
		}
		decibels = append(decibels, max(10*math.Log10(power/float64(size/2)), floor))
	}
	return decibels
}

// smooth averages over three frames: the sound of a frame extends into its neighbours.
func smooth(values []float64) (smoothed []float64) {
	for i := 1; i+1 < len(values); i++ {
		smoothed = append(smoothed, (values[i-1]+values[i]+values[i+1])/3)
	}
	return smoothed
}

func correlation(x, y []float64) float64 {
	meanX, meanY := mean(x), mean(y)
	var xx, yy, xy float64
	for i := range x {
		xx += (x[i] - meanX) * (x[i] - meanX)
		yy += (y[i] - meanY) * (y[i] - meanY)
		xy += (x[i] - meanX) * (y[i] - meanY)
	}
	return xy / math.Sqrt(xx*yy)
}

// loudnessOfQuietest is the mean of sound over the twentieth of all frames at which
// level is lowest.
func loudnessOfQuietest(level, sound []float64) float64 {
	order := make([]int, len(level))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(level[a]*100) - int(level[b]*100) })
	var quiet []float64
	for _, i := range order[:len(order)/20] {
		quiet = append(quiet, sound[i])
	}
	return mean(quiet)
}

func mean(values []float64) (sum float64) {
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func median(values []float64) float64 { return slices.Sorted(slices.Values(values))[len(values)/2] }

func FuzzLevel(f *testing.F) {
	b, err := os.ReadFile(filepath.Join("testdata", "pauses-24-22050-mono.mp3"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b[:2000])
	f.Fuzz(func(t *testing.T, b []byte) {
		list, _ := cut(b, len(b)+1)
		for _, fr := range list {
			if level := fr.Level(); level < codec.DigitalSilence || level > 0 {
				t.Fatalf("%d dB", level)
			}
		}
	})
}
