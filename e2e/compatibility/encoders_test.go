package compatibility

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// soundSocket is the name, in a program's home, of the socket of its sound card, if
// it has one.
const soundSocket = "sound"

// atHome returns a command that keeps its files in the directory home.
func atHome(t testing.TB, home, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(harness.Program(t, name), args...)
	cmd.Env = append(cmd.Environ(), "PULSE_SERVER=unix:"+filepath.Join(home, soundSocket))
	for _, place := range []string{"HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"} {
		cmd.Env = append(cmd.Env, place+"="+home)
	}
	return cmd
}

// tone writes a file of the broadcast's tone.
func (b broadcast) tone(t testing.TB) string {
	t.Helper()
	return harness.ToneFile(t, b.hertz, 30*time.Second)
}

// titledTone writes a file of the broadcast's tone and title.
func (b broadcast) titledTone(t testing.TB) string {
	t.Helper()
	return harness.Tagged(t, b.tone(t), artist, track)
}

func curlSource(options ...string) func(*testing.T, broadcast) {
	return func(t *testing.T, b broadcast) {
		login := "source:" + b.SourcePassword
		args := append([]string{"-sS", "-T", "-", "-u", login, "-H", "Content-Type: audio/mpeg",
			"-H", "Ice-Name: " + b.name, "-H", "Ice-Genre: " + genre}, options...)
		feed(t, atHome(t, t.TempDir(), "curl", append(args, b.URL(b.mount))...), b.tone(t))
		out, err := atHome(t, t.TempDir(), "curl", "-sSf", "-u", login, "-G", b.URL("/admin/metadata"),
			"-d", "mode=updinfo", "-d", "mount="+b.mount, "--data-urlencode", "song="+title).CombinedOutput()
		if err != nil {
			t.Errorf("curl: %v\n%s", err, out)
		}
	}
}

func ezstreamSource(protocol string) func(*testing.T, broadcast) {
	return func(t *testing.T, b broadcast) {
		settings := harness.WriteFile(t, "ezstream.xml", fmt.Sprintf(`<ezstream>
<servers><server><protocol>%s</protocol><hostname>%s</hostname><port>%s</port><password>%s</password></server></servers>
<streams><stream><mountpoint>%s</mountpoint><format>mp3</format>
<stream_name>%s</stream_name><stream_genre>%s</stream_genre></stream></streams>
<intakes><intake><filename>%s</filename></intake></intakes></ezstream>`,
			protocol, b.host, b.port, b.SourcePassword, b.mount, b.name, genre, b.titledTone(t)))
		harness.KeepRunning(t, atHome(t, t.TempDir(), "ezstream", "-c", settings))
	}
}

// ffmpegSource: ffmpeg's protocol for sources has no titles.
func ffmpegSource(options ...string) func(*testing.T, broadcast) {
	return func(t *testing.T, b broadcast) {
		args := append([]string{"-v", "warning", "-re", "-f", "lavfi", "-i", harness.Sine(b.hertz, time.Minute), "-c:a", "libmp3lame",
			"-content_type", "audio/mpeg", "-ice_name", b.name, "-ice_genre", genre, "-f", "mp3"}, options...)
		to := fmt.Sprintf("icecast://source:%s@%s%s", b.SourcePassword, b.Addr, b.mount)
		harness.KeepRunning(t, atHome(t, t.TempDir(), "ffmpeg", append(args, to)...))
	}
}

func gstreamerSource(protocol string) func(*testing.T, broadcast) {
	return func(t *testing.T, b broadcast) {
		harness.KeepRunning(t, atHome(t, t.TempDir(), "gst-launch-1.0", "audiotestsrc", "is-live=true", "freq="+strconv.Itoa(b.hertz),
			"!", "audio/x-raw,rate=44100,channels=2", "!", "lamemp3enc", "target=bitrate", "cbr=true", "bitrate=128",
			"!", "taginject", fmt.Sprintf(`tags="artist=\"%s\",title=\"%s\""`, artist, track),
			"!", "shout2send", "protocol="+protocol, "ip="+b.host, "port="+b.port, "mount="+b.mount,
			"username=source", "password="+b.SourcePassword, "streamname="+b.name, "genre="+genre))
	}
}

// liquidsoapSource takes the beginning of an output's call.
func liquidsoapSource(output string) func(*testing.T, broadcast) {
	return func(t *testing.T, b broadcast) {
		script := harness.WriteFile(t, "radio.liq", fmt.Sprintf(`
set("log.stdout", true)
set("init.allow_root", true)
mount = "%s"
tone = insert_metadata(sine(%d.))
thread.run(every=1., fun() -> tone.insert_metadata([("artist", "%s"), ("title", "%s")]))
output.%s%%mp3(bitrate=128), fallible=true, host="%s", port=%s, user="source", password="%s", name="%s", genre="%s", tone)
ignore(mount)
`, b.mount, b.hertz, artist, track, output, b.host, b.port, b.SourcePassword, b.name, genre))
		harness.KeepRunning(t, atHome(t, t.TempDir(), "liquidsoap", script))
	}
}

func mpdSource(protocol string) func(*testing.T, broadcast) {
	return func(t *testing.T, b broadcast) {
		output := b.mpdOutput(fmt.Sprintf("protocol %q", protocol), `encoder "lame"`, `bitrate "128"`, `format "44100:16:2"`)
		startMPD(t, output, "", b.titledTone(t))
	}
}

// mpdOutput returns MPD's settings for a broadcast.
func (b broadcast) mpdOutput(settings ...string) string {
	return fmt.Sprintf(`audio_output {
	type "shout"
	host "%s"
	port "%s"
	mount "%s"
	user "source"
	password "%s"
	name "%s"
	genre "%s"
	%s
}
`, b.host, b.port, b.mount, b.SourcePassword, b.name, genre, strings.Join(settings, "\n\t"))
}

// startMPD starts an MPD with outputs, gives it commands and has it play files.
func startMPD(t *testing.T, outputs, commands string, files ...string) {
	home := t.TempDir()
	socket := filepath.Join(home, "control")
	settings := harness.WriteFile(t, "mpd.conf", fmt.Sprintf("bind_to_address \"%s\"\n%s", socket, outputs))
	harness.KeepRunning(t, atHome(t, home, "mpd", "--no-daemon", "--stderr", settings))
	var control net.Conn
	harness.Eventually(t, "MPD", func() bool {
		var err error
		control, err = net.Dial("unix", socket)
		return err == nil
	})
	t.Cleanup(func() { control.Close() })
	for _, file := range files {
		commands += fmt.Sprintf("add \"file://%s\"\n", file)
	}
	fmt.Fprint(control, commands+"play\n")
}

// shoutSource: shout plays its standard input and has no titles.
func shoutSource(t *testing.T, b broadcast) {
	feed(t, atHome(t, t.TempDir(), "shout", "--usage", "audio", "--format", "mp3", // it fails if they are in another order
		"--host", b.host, "--port", b.port, "--mount", b.mount, "--user", "source", "--pass", b.SourcePassword,
		"--station-name", b.name, "--station-genre", genre), b.tone(t))
}

// vlcSource: VLC tries SHOUTcast's protocol first, whatever its mount, and sends no
// titles.
func vlcSource(t *testing.T, b broadcast) {
	tone, err := os.Open(b.tone(t)) // VLC may run as another user, who cannot open it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tone.Close() })
	cmd := atHome(t, t.TempDir(), "vlc-wrapper", "-I", "dummy", "fd://0", "--sout", fmt.Sprintf(
		`#std{access=shout{mp3,name="%s",genre="%s"},mux=raw,dst=source:%s@%s%s}`, b.name, genre, b.SourcePassword, b.Addr, b.mount))
	cmd.Stdin = tone
	cmd.Env = append(cmd.Env, "SUDO_UID=65534", "SUDO_GID=65534") // VLC changes to this user if it is started as root
	harness.KeepRunning(t, cmd)
}

// feed runs a program with a file as its standard input, in real time as encoders
// send.
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
