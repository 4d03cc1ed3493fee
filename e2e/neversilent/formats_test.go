package neversilent

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"relay/codec"
	"relay/e2e/harness"
)

// An audioFormat is what an encoder makes.
type audioFormat struct{ rate, channels, kbits int }

// formats are of all sample rates of MP3, and so of MPEG-1, MPEG-2 and MPEG-2.5; each
// differs from the one before in as much as can be.
var formats = []audioFormat{
	{48000, 2, 192}, {22050, 1, 48}, {32000, 2, 128}, {8000, 1, 16}, {44100, 1, 64}, {24000, 2, 96}, {11025, 1, 32},
	{48000, 1, 96}, {16000, 2, 64}, {44100, 2, 320}, {12000, 1, 24},
}

// arguments are ffmpeg's for a tone in a format.
func (a audioFormat) arguments(hertz int, length time.Duration) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=%d:sample_rate=%d:duration=%d", hertz, a.rate, int(length.Seconds())),
		"-ac", strconv.Itoa(a.channels), "-c:a", "libmp3lame", "-b:a", strconv.Itoa(a.kbits) + "k"}
}

// encode starts an encoder that sends a tone in a format in real time.
func encode(t testing.TB, r *harness.Relay, mount string, hertz int, a audioFormat) *exec.Cmd {
	t.Helper()
	args := append([]string{"-v", "error", "-re"}, a.arguments(hertz, time.Hour)...)
	args = append(args, "-content_type", "audio/mpeg", "-ice_name", fmt.Sprintf("encoder %d", hertz),
		"-f", "mp3", fmt.Sprintf("icecast://source:%s@%s%s", r.SourcePassword, r.Addr, mount))
	return harness.KeepRunning(t, exec.Command(harness.Program(t, "ffmpeg"), args...))
}

// mixedFiles makes a folder with a short file in each of the formats.
func mixedFiles(t testing.TB) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for n, a := range formats {
		args := append([]string{"-v", "error"}, a.arguments(400+10*n, 3*time.Second)...)
		args = append(args, "-metadata", fmt.Sprintf("title=file %d", n), filepath.Join(folder, fmt.Sprintf("%02d.mp3", n)))
		if out, err := exec.Command(harness.Program(t, "ffmpeg"), args...).CombinedOutput(); err != nil {
			t.Fatalf("make a file: %v\n%s", err, out)
		}
	}
	return folder
}

// formatsOf returns the formats of a recording, in order.
func formatsOf(t testing.TB, file string) (list []codec.Format) {
	t.Helper()
	audio, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(audio); {
		h := harness.MustHeader(audio[at : at+4]...)
		if len(list) == 0 || list[len(list)-1] != h.Format() {
			list = append(list, h.Format())
		}
		at += h.Size
	}
	return list
}

// Inputs of all formats follow one another on a mount: sources that take over from each
// other, files after each of them. Listeners hear one format; decoders do not complain,
// and the plain audio elements of browsers play on.
func TestFormats(t *testing.T) {
	t.Parallel()
	const changes = 20
	r := harness.Start(t, harness.Config+`
[[mount]]
name = '/live'
takeover = 'newest'
grace = '500ms'
format = { rate = 44100, channels = 2 }
files.paths = ['`+mixedFiles(t)+`']
`)
	harness.Eventually(t, "the music", plays(t, r, "/live", "files"))
	stop := make(chan struct{})
	recorders := listenUntil(t, r, "/live", 2, stop)
	chromium, firefox := startBrowser(t, r, harness.Chromium, "/live"), startBrowser(t, r, harness.Firefox, "/live")
	for _, b := range []*browser{chromium, firefox} {
		b.playsOn(t, "at the beginning")
	}
	var source *exec.Cmd
	for n := range changes {
		hertz := 600 + 10*n
		if n%5 == 4 {
			source.Process.Kill()
			harness.Eventually(t, "the files again", plays(t, r, "/live", "files"))
		} else {
			source = encode(t, r, "/live", hertz, formats[n%len(formats)])
			harness.Eventually(t, "the next source", func() bool {
				return plays(t, r, "/live", "live")() && playing(t, r, "/live", fmt.Sprintf("encoder %d", hertz))()
			})
			if n%10 == 8 {
				heard := harness.Pitch(harness.Decode(t, r.Record(t, "/live", 10))) // the burst is older
				if math.Abs(heard-float64(hertz)) > float64(hertz)/100 {
					t.Errorf("/live plays %.1f Hz, want %d", heard, hertz)
				}
			}
		}
		for _, b := range []*browser{chromium, firefox} {
			b.playsOn(t, fmt.Sprintf("after change %d", n+1))
		}
	}
	close(stop)
	var f figures
	judge(t, &f, "inputs of all formats", changes, recorders)
	for _, rec := range recorders {
		if got := formatsOf(t, rec.file); len(got) != 1 || got[0] != harness.Header128.Format() {
			t.Errorf("a listener hears %v", got)
		}
	}
}

const wantsFormat = `
[[mount]]
name = '/live'
grace = '0s'
format = { rate = 44100, channels = 2 }
fallbacks = ['/other']
`

// input is an input of /live as /api/v1/sources shows it.
type input struct {
	Mount, Kind, Conversion string
	Problem                 string `json:"conversion_problem"`
}

// source returns the live source of /live.
func source(t testing.TB, r *harness.Relay) (in input) {
	t.Helper()
	var list struct{ Items []input }
	r.JSON(t, "/api/v1/sources", &list)
	for _, other := range list.Items {
		if other.Mount == "/live" && other.Kind == "live" {
			in = other
		}
	}
	return in
}

// Without ffmpeg a source of another format plays only if there is nothing else. The
// log says so, /api/v1/sources too.
func TestFormatsWithoutFFmpeg(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+wantsFormat, "PATH="+t.TempDir())
	r.Says(t, "ffmpeg is not installed: inputs of another format play only if there is nothing else")
	other := r.FFmpeg(t, "/other", 330, 128)
	harness.Eventually(t, "the fallback", plays(t, r, "/live", "fallback"))
	p := r.Tune(t, "/live")
	encode(t, r, "/live", 660, audioFormat{48000, 1, 96})
	harness.Eventually(t, "the problem of the source", func() bool { return source(t, r).Conversion == "failed" })
	if got := source(t, r).Problem; got != "ffmpeg is not installed" || !plays(t, r, "/live", "fallback")() {
		t.Errorf("%s is on the air, and the problem is %q", r.Source(t, "/live").State, got)
	}
	r.Says(t, "cannot be converted: it plays if there is nothing else")
	other.Process.Kill()
	harness.Eventually(t, "the source", plays(t, r, "/live", "live"))
	if _, err := p.Frame(); err != nil {
		t.Errorf("a listener was lost: %v", err)
	}
}

// An ffmpeg that hangs or dies disturbs nothing that is on the air, and leaves no process.
func TestFormatsWithBrokenFFmpeg(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"exec /bin/sleep 600":             "it sent nothing for 5s",
		"exec /bin/cat >/dev/null":        "it sent nothing for 5s",
		"echo no such encoder >&2; false": "it said: no such encoder",
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, "ffmpeg"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			r := harness.Start(t, harness.Config+wantsFormat, "PATH="+folder)
			r.FFmpeg(t, "/other", 330, 128)
			harness.Eventually(t, "the fallback", plays(t, r, "/live", "fallback"))
			stop := make(chan struct{})
			recorders := listenUntil(t, r, "/live", 1, stop)
			dj := encode(t, r, "/live", 660, audioFormat{48000, 1, 96})
			harness.Eventually(t, "the failure", func() bool { return source(t, r).Problem == want })
			anywhereInAFrame()
			if got := r.Source(t, "/live").State; got != "fallback" {
				t.Errorf("%s is on the air", got)
			}
			dj.Process.Kill()
			harness.Eventually(t, "the end of the source", func() bool { return source(t, r).Kind == "" })
			harness.Eventually(t, "the end of its encoder", func() bool {
				children, _ := exec.Command(harness.Program(t, "pgrep"), "-P", strconv.Itoa(r.Cmd.Process.Pid)).Output()
				return len(children) == 0
			})
			close(stop)
			var f figures
			judge(t, &f, "ffmpeg is broken", 0, recorders)
		})
	}
}
