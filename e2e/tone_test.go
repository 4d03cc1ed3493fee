package e2e

import (
	"bytes"
	encbinary "encoding/binary"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// toneFile makes an MP3 of a sine tone, as an encoder with a bit reservoir
// makes it.
func toneFile(t testing.TB, hertz int, length time.Duration) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tone.mp3")
	out, err := exec.Command(program(t, "ffmpeg"), "-v", "error", "-f", "lavfi",
		"-i", sine(hertz, length), "-ac", "2", "-c:a", "libmp3lame", "-b:a", "128k", path).CombinedOutput()
	if err != nil {
		t.Fatalf("make a tone: %v\n%s", err, out)
	}
	return path
}

// sine is ffmpeg's name for a tone.
func sine(hertz int, length time.Duration) string {
	return "sine=frequency=" + itoa(hertz) + ":sample_rate=44100:duration=" + itoa(int(length.Seconds()))
}

// record takes some seconds of audio from a mount, as a plain listener gets it.
func (r *relay) record(t testing.TB, mount string, seconds int) []byte {
	t.Helper()
	p := r.tune(t, mount)
	var audio []byte
	for played := time.Duration(0); played < time.Duration(seconds)*time.Second; {
		frame, err := p.frame()
		if err != nil {
			t.Fatalf("%s: %v after %v", mount, err, played)
		}
		audio = append(audio, frame...)
		played += mustHeader(frame[:4]...).Duration()
	}
	return audio
}

// decode turns MP3 into mono samples; whatever ffmpeg has to say about the
// audio fails the test.
func decode(t testing.TB, mp3 []byte) []int16 {
	t.Helper()
	return decodeInput(t, bytes.NewReader(mp3), "-f", "mp3", "-i", "-")
}

// decodeFile does so for what a program has recorded: MP3, WAV or, raw, the
// samples themselves.
func decodeFile(t testing.TB, path string) []int16 {
	t.Helper()
	if filepath.Ext(path) == ".wav" {
		return decodeInput(t, nil, "-guess_layout_max", "0", "-i", path)
	}
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(path) == ".raw" {
		return samplesOf(sound)
	}
	return decode(t, sound)
}

func decodeInput(t testing.TB, in io.Reader, input ...string) []int16 {
	t.Helper()
	cmd := exec.Command(program(t, "ffmpeg"), slices.Concat([]string{"-v", "warning"}, input, []string{"-f", "s16le", "-ac", "1", "-ar", "44100", "-"})...)
	var complaints bytes.Buffer
	cmd.Stdin, cmd.Stderr = in, &complaints
	pcm, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Errorf("ffmpeg: %v\n%s", err, complaints.String())
	}
	return samplesOf(pcm)
}

func samplesOf(pcm []byte) []int16 {
	samples := make([]int16, len(pcm)/2)
	encbinary.Read(bytes.NewReader(pcm), encbinary.LittleEndian, samples)
	return samples
}

// pitch measures the frequency of a tone in its last second: the samples
// between upward crossings of zero.
func pitch(samples []int16) float64 {
	const rate = 44100
	if len(samples) < 2*rate {
		return 0
	}
	samples = samples[len(samples)-3*rate/2 : len(samples)-rate/2]
	first, last, crossings := -1, -1, 0
	for i := 1; i < len(samples); i++ {
		if samples[i-1] < 0 && samples[i] >= 0 {
			if first < 0 {
				first = i
			} else {
				crossings++
			}
			last = i
		}
	}
	if crossings == 0 {
		return 0
	}
	return float64(crossings) * rate / float64(last-first)
}

// hears checks that a mount plays a tone and that no decoder complains.
func (r *relay) hears(t testing.TB, mount string, hertz int) {
	t.Helper()
	if got := pitch(decode(t, r.record(t, mount, 3))); math.Abs(got-float64(hertz)) > float64(hertz)/100 {
		t.Errorf("%s plays %.1f Hz, want %d", mount, got, hertz)
	}
}

func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
