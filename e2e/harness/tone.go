package harness

import (
	"bytes"
	encbinary "encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"relay/codec/mp3/frametest"
)

// MusicFile writes an MP3 file of one minute. Its frames are numbered from 1,000,000.
func MusicFile(t testing.TB, dir, name string) {
	t.Helper()
	var audio bytes.Buffer
	for n := range uint64(2300) {
		audio.Write(frametest.Numbered(Header128, 1_000_000+n))
	}
	if err := os.WriteFile(filepath.Join(dir, name), audio.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Complaints returns the warnings of two decoders, ffmpeg and mpg123, about an MP3
// file.
func Complaints(t testing.TB, file string) (said []string) {
	t.Helper()
	for _, decoder := range []*exec.Cmd{
		exec.Command(Program(t, "ffmpeg"), "-v", "warning", "-f", "mp3", "-i", "-", "-f", "null", "-"),
		exec.Command(Program(t, "mpg123"), "-q", "-t", "-"),
	} {
		audio, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		decoder.Stdin = audio
		out, err := decoder.CombinedOutput()
		audio.Close()
		if err != nil {
			out = append(out, err.Error()...)
		}
		if len(bytes.TrimSpace(out)) > 0 {
			said = append(said, string(out))
		}
	}
	return said
}

// Tagged writes a copy of an MP3 file with an artist and a title beside it, and
// returns its path.
func Tagged(t testing.TB, path, artist, title string) string {
	t.Helper()
	out := strings.TrimSuffix(path, ".mp3") + "-tagged.mp3"
	said, err := exec.Command(Program(t, "ffmpeg"), "-v", "error", "-i", path, "-c", "copy",
		"-metadata", "artist="+artist, "-metadata", "title="+title, out).CombinedOutput()
	if err != nil {
		t.Fatalf("tag %s: %v\n%s", path, err, said)
	}
	return out
}

// ToneFile writes an MP3 of a sine tone into a temporary directory and returns its
// path. Its encoder uses the bit reservoir.
func ToneFile(t testing.TB, hertz int, length time.Duration) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tone.mp3")
	out, err := exec.Command(Program(t, "ffmpeg"), "-v", "error", "-f", "lavfi",
		"-i", Sine(hertz, length), "-ac", "2", "-c:a", "libmp3lame", "-b:a", "128k", path).CombinedOutput()
	if err != nil {
		t.Fatalf("make a tone: %v\n%s", err, out)
	}
	return path
}

// Sine returns ffmpeg's description of a sine tone, at 44.1 kHz.
func Sine(hertz int, length time.Duration) string {
	return "sine=frequency=" + strconv.Itoa(hertz) + ":sample_rate=44100:duration=" + strconv.Itoa(int(length.Seconds()))
}

// Record returns some seconds of audio from a mount, as a listener without metadata
// gets it, beginning with the burst.
func (r *Relay) Record(t testing.TB, mount string, seconds int) []byte {
	t.Helper()
	p := r.Tune(t, mount)
	var audio []byte
	for played := time.Duration(0); played < time.Duration(seconds)*time.Second; {
		frame, err := p.Frame()
		if err != nil {
			t.Fatalf("%s: %v after %v", mount, err, played)
		}
		audio = append(audio, frame...)
		played += MustHeader(frame[:4]...).Duration()
	}
	return audio
}

// Decode decodes MP3 to mono samples at 44.1 kHz. A warning of ffmpeg fails the test.
func Decode(t testing.TB, mp3 []byte) []int16 {
	t.Helper()
	return decodeInput(t, bytes.NewReader(mp3), "-f", "mp3", "-i", "-")
}

// DecodeFile does the same for the file that a program has recorded: MP3, WAV or raw
// samples, by its ending.
func DecodeFile(t testing.TB, path string) []int16 {
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
	return Decode(t, sound)
}

func decodeInput(t testing.TB, in io.Reader, input ...string) []int16 {
	t.Helper()
	cmd := exec.Command(Program(t, "ffmpeg"), slices.Concat([]string{"-v", "warning"}, input, []string{"-f", "s16le", "-ac", "1", "-ar", "44100", "-"})...)
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

// Pitch returns the frequency of a tone in Hz, by the number of samples between upward
// zero crossings in the second that ends half a second before the end of the samples. It
// returns 0 if they are shorter than 2 s.
func Pitch(samples []int16) float64 {
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

// Hears records 3 s of a mount and fails the test unless they are a tone of hertz, to
// 1 percent, that decodes without warnings.
func (r *Relay) Hears(t testing.TB, mount string, hertz int) {
	t.Helper()
	if got, ok := r.plays(t, mount, hertz); !ok {
		t.Errorf("%s plays %.1f Hz, want %d", mount, got, hertz)
	}
}

// EventuallyHears is Hears for a source whose sound card may begin with silence or, on a
// busy machine, lose some of the tone.
func (r *Relay) EventuallyHears(t testing.TB, mount string, hertz int) {
	t.Helper()
	Eventually(t, fmt.Sprintf("a tone of %d Hz on %s", hertz, mount), func() bool {
		got, ok := r.plays(t, mount, hertz)
		if !ok {
			t.Logf("%s plays %.1f Hz, not yet %d", mount, got, hertz)
		}
		return ok
	})
}

// plays records 3 s of a mount, and reports its pitch and whether that is hertz.
func (r *Relay) plays(t testing.TB, mount string, hertz int) (pitch float64, ok bool) {
	t.Helper()
	pitch = Pitch(Decode(t, r.Record(t, mount, 3)))
	return pitch, math.Abs(pitch-float64(hertz)) <= float64(hertz)/100
}
