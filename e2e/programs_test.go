package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// background runs a program until the test ends.
func background(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	return keepRunning(t, exec.Command(name, args...))
}

// keepRunning starts a command that runs until the test ends.
func keepRunning(t testing.TB, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	var out lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", cmd.Path, tail(out.String(), 30))
		}
	})
	return cmd
}

// Real encoders push to the mount that plays music and to mounts never seen
// before; each plays its own tone, with no word from the decoder.
func TestRealSources(t *testing.T) {
	r := run(t, "-listen", "127.0.0.1:0")
	host, port, _ := net.SplitHostPort(r.addr)
	address := func(mount string) string {
		return fmt.Sprintf("icecast://source:%s@%s%s", r.sourcePassword, r.addr, mount)
	}
	tests := []struct {
		name, mount string
		hertz       int
		start       func(t *testing.T, mount string, hertz int)
	}{
		{"ffmpeg on the mount with music", "/live", 440, func(t *testing.T, mount string, hertz int) {
			background(t, program(t, "ffmpeg"), "-v", "warning", "-re", "-f", "lavfi", "-i", sine(hertz, time.Minute),
				"-c:a", "libmp3lame", "-b:a", "128k", "-content_type", "audio/mpeg", "-ice_name", "From ffmpeg", "-f", "mp3", address(mount))
		}},
		{"ffmpeg on a new mount", "/ffmpeg.mp3", 550, func(t *testing.T, mount string, hertz int) {
			background(t, program(t, "ffmpeg"), "-v", "warning", "-re", "-f", "lavfi", "-i", sine(hertz, time.Minute),
				"-c:a", "libmp3lame", "-q:a", "4", "-content_type", "audio/mpeg", "-ice_name", "From ffmpeg", "-f", "mp3", address(mount))
		}},
		{"ffmpeg, the old way", "/legacy.mp3", 660, func(t *testing.T, mount string, hertz int) {
			background(t, program(t, "ffmpeg"), "-v", "warning", "-re", "-f", "lavfi", "-i", sine(hertz, time.Minute), "-ar", "22050",
				"-c:a", "libmp3lame", "-b:a", "64k", "-legacy_icecast", "1", "-content_type", "audio/mpeg", "-ice_name", "From ffmpeg", "-f", "mp3", address(mount))
		}},
		{"shout (libshout)", "/shout.mp3", 770, func(t *testing.T, mount string, hertz int) {
			play := exec.Command(program(t, "shout"), "--usage", "audio", "--format", "mp3", "--host", host, "--port", port, "--mount", mount,
				"--user", "source", "--pass", r.sourcePassword, "--station-name", "From shout")
			feed(t, play, toneFile(t, hertz, 30*time.Second))
		}},
		{"ezstream (libshout)", "/ezstream.mp3", 880, func(t *testing.T, mount string, hertz int) {
			conf := writeFile(t, "ezstream.xml", fmt.Sprintf(`<ezstream>
<servers><server><hostname>%s</hostname><port>%s</port><password>%s</password></server></servers>
<streams><stream><mountpoint>%s</mountpoint><format>mp3</format><stream_name>From ezstream</stream_name></stream></streams>
<intakes><intake><filename>%s</filename></intake></intakes></ezstream>`,
				host, port, r.sourcePassword, mount, toneFile(t, hertz, 30*time.Second)))
			background(t, program(t, "ezstream"), "-c", conf)
		}},
		{"curl, chunked", "/curl.mp3", 990, func(t *testing.T, mount string, hertz int) {
			encode := exec.Command(program(t, "curl"), "-sS", "-T", "-", "-u", "source:"+r.sourcePassword,
				"-H", "Content-Type: audio/mpeg", "-H", "Ice-Name: From curl", r.url(mount))
			feed(t, encode, toneFile(t, hertz, 30*time.Second))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.start(t, tt.mount, tt.hertz)
			eventually(t, "the source", func() bool { return strings.HasPrefix(r.source(t, tt.mount).ServerName, "From ") })
			if tt.mount == "/live" { // let the burst hold nothing but the tone
				p := r.tune(t, tt.mount)
				for range 300 {
					if _, err := p.frame(); err != nil {
						t.Fatal(err)
					}
				}
			}
			r.hears(t, tt.mount, tt.hertz)
		})
	}
}

// feed runs a program with a file for its standard input, four seconds of it
// at once and the rest in real time, as encoders send.
func feed(t testing.TB, cmd *exec.Cmd, path string) {
	t.Helper()
	audio, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for len(audio) > 0 {
			n, err := in.Write(audio[:min(1600, len(audio))])
			if err != nil {
				return
			}
			audio = audio[n:]
			time.Sleep(100 * time.Millisecond)
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}
