package interlude

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// decode plays a stream through ffmpeg and gives the left and right samples in
// turn, full scale being 1. It fails if the decoder has anything to remark.
func decode(t *testing.T, mp3 []byte) []float32 {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		if os.Getenv("RELAY_E2E_REQUIRE") != "" {
			t.Fatal("ffmpeg is missing and RELAY_E2E_REQUIRE is set")
		}
		t.Skip("ffmpeg is missing")
	}
	cmd := exec.Command(ffmpeg, "-v", "warning", "-f", "mp3", "-i", "pipe:0", "-f", "f32le", "pipe:1")
	cmd.Stdin = bytes.NewReader(mp3)
	var remarks strings.Builder
	cmd.Stderr = &remarks
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, remarks.String())
	}
	if remarks.Len() > 0 {
		t.Fatalf("ffmpeg remarks: %s", remarks.String())
	}
	samples := make([]float32, len(out)/4)
	for i := range samples {
		samples[i] = math.Float32frombits(binary.LittleEndian.Uint32(out[4*i:]))
	}
	return samples
}

// From the second lap on a listener hears the same thing every time round, and
// where one lap follows another the wave moves as it does anywhere else.
func TestLoopHasNoSeam(t *testing.T) {
	const laps = 3
	lap := len(frames(t)) * 1152 * 2
	pcm := decode(t, bytes.Repeat(MP3, laps))
	if len(pcm) != laps*lap {
		t.Fatalf("%d laps decode to %d samples, want %d", laps, len(pcm), laps*lap)
	}

	second, third := pcm[lap:2*lap], pcm[2*lap:]
	for i := range second {
		if d := math.Abs(float64(second[i] - third[i])); d > 1e-5 {
			t.Fatalf("sample %d of the third lap is %g off the second's", i/2, d)
		}
	}

	// A click is a sudden turn of the wave: judge the second difference as
	// well as the step, over the frame on either side of the seam, in which a
	// frame with a wrong neighbour would be heard.
	const near = 2 * 1152
	for _, c := range []struct {
		name string
		jump func(at int) float64
	}{
		{"step", func(at int) float64 {
			return math.Abs(float64(pcm[at] - pcm[at-2]))
		}},
		{"turn", func(at int) float64 {
			return math.Abs(float64(pcm[at] - 2*pcm[at-2] + pcm[at-4]))
		}},
	} {
		usual := make([]float64, 0, lap)
		for at := lap + near; at < 2*lap-near; at++ {
			usual = append(usual, c.jump(at))
		}
		slices.Sort(usual)
		limit := usual[len(usual)*999/1000]
		for at := 2*lap - near; at < 2*lap+near; at++ {
			if j := c.jump(at); j > limit {
				t.Errorf("%s of %.4f, %d samples from the seam, is more than %.4f, which 999 in 1000 keep", c.name, j, (at-2*lap)/2, limit)
				break
			}
		}
		t.Logf("%s at the seam %.5f, median elsewhere %.5f, 99.9th percentile %.5f", c.name, c.jump(2*lap), usual[len(usual)/2], limit)
	}
}

// What an encoder usually leaves in a loop is no click but a hole: the silence
// it starts from and the silence it fills its last frame with.
func TestLoopHasNoHole(t *testing.T) {
	const window = 2 * 256 // 6 ms
	lap := len(frames(t)) * 1152 * 2
	pcm := decode(t, bytes.Repeat(MP3, 2))
	level := func(at int) float64 {
		var sum float64
		for _, s := range pcm[at : at+window] {
			sum += float64(s) * float64(s)
		}
		return math.Sqrt(sum / window)
	}
	var usual []float64
	for at := lap / 4; at < lap*3/4; at += window {
		usual = append(usual, level(at))
	}
	slices.Sort(usual)
	faint := usual[len(usual)/1000]
	for at := lap - 4*1152; at < lap+4*1152; at += window {
		if l := level(at); l < faint {
			t.Errorf("the level %d samples from the seam is %.4f, below the %.4f of the quietest moments", (at-lap)/2, l, faint)
		}
	}
}

func TestMusicNeitherClipsNorLeans(t *testing.T) {
	var peak, sum float64
	pcm := decode(t, MP3)
	for _, s := range pcm {
		peak = max(peak, math.Abs(float64(s)))
		sum += float64(s)
	}
	if dB := 20 * math.Log10(peak); dB > -2.5 || dB < -6 {
		t.Errorf("the peak is %.1f dBFS, want about -3", dB)
	}
	if mean := sum / float64(len(pcm)); math.Abs(mean) > 1e-4 {
		t.Errorf("the mean is %g, want none", mean)
	}
}
