package frames_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"relay/frames"
)

// decoder returns a program, or skips the test (fails where everything must
// be there).
func decoder(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("RELAY_E2E_REQUIRE") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return path
}

// complaints returns what a decoder says about a stream.
func complaints(t testing.TB, name string, mp3 []byte) string {
	t.Helper()
	args := map[string][]string{
		"ffmpeg": {"-v", "warning", "-err_detect", "explode", "-f", "mp3", "-i", "-", "-f", "s16le", "-y", os.DevNull},
		"mpg123": {"-vv", "-t", "-"},
	}[name]
	cmd := exec.Command(decoder(t, name), args...)
	var out bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(mp3), &out
	err := cmd.Run()
	var said []string
	if err != nil {
		said = append(said, err.Error())
	}
	for _, line := range strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\n' || r == '\r' }) {
		lower := strings.ToLower(line)
		// mpg123 also describes what it does; only these are complaints.
		if name == "ffmpeg" || strings.Contains(lower, "error") || strings.Contains(lower, "warning") ||
			strings.Contains(lower, "note: missing") || strings.Contains(lower, "resync") || strings.Contains(lower, "illegal") {
			said = append(said, line)
		}
	}
	return strings.Join(said, "\n")
}

// spliced plays two programmes in turns, each time from and to anywhere.
func spliced(a, b []frames.Frame, pass func(f frames.Frame, cut bool) []byte) []byte {
	var out []byte
	for turn := range 100 {
		programme := a
		if turn%2 == 1 {
			programme = b
		}
		start := (turn*37 + 11) % (len(programme) - 12)
		for i, f := range programme[start : start+12] {
			f.Gap = false
			out = append(out, pass(f, i == 0)...)
		}
	}
	return out
}

// A hundred splices in a row: cut raw, mpg123 complains (ffmpeg hides it);
// through a Splicer both are silent.
func TestDecodersAreSilentAcrossSplices(t *testing.T) {
	pairs := [][2]string{
		{"cbr-128-44100-stereo", "tags-64-44100-stereo"},
		{"cbr-128-44100-stereo", "vbr-xing-44100-stereo"},
		{"cbr-32-22050-mono", "cbr-32-22050-mono"},
		{"cbr-16-8000-mono", "cbr-16-8000-mono"},
		{"crc-96-48000-stereo", "crc-96-48000-stereo"},
	}
	provable := 0
	for _, pair := range pairs {
		a, b := load(t, pair[0]), load(t, pair[1])
		raw := spliced(a, b, func(f frames.Frame, _ bool) []byte { return f.Data })
		if complaints(t, "mpg123", raw) != "" {
			provable++
		}
		var s frames.Splicer
		clean := spliced(a, b, func(f frames.Frame, cut bool) []byte {
			if cut {
				s.Cut()
			}
			return s.Pass(f)
		})
		for _, name := range []string{"ffmpeg", "mpg123"} {
			if said := complaints(t, name, clean); said != "" {
				t.Errorf("%s on %v:\n%s", name, pair, said)
			}
		}
	}
	if provable < 3 {
		t.Errorf("raw cuts bring complaints for %d pairs only, so silence proves little", provable)
	}
}

// Numbered frames are silence to decoders, in every format.
func TestDecodersAreSilentAboutNumberedFrames(t *testing.T) {
	for _, h := range []frames.Header{stereo128, mono48k, mpeg2, mpeg25} {
		for _, name := range []string{"ffmpeg", "mpg123"} {
			if said := complaints(t, name, numbers(h, 1, 200)); said != "" {
				t.Errorf("%s of %+v:\n%s", name, h, said)
			}
		}
	}
}
