package hls

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// A player is a program that plays HLS, and one way of using it.
type player struct {
	name, command string
	agent         string // a part of its User-Agent
	mount         string // that it plays: /live or /aac
	late          bool   // it begins after the change of the title
	args          func(url, agent, file string) []string
	coded         string // ending of the file, if it gets the stream as it is; "": raw sound
	unprivileged  bool   // it refuses to run as root
	env           []string

	chatter   string // a regular expression for lines that say nothing of the sound
	complains string // a regular expression for lines that do; "": all but the chatter
	shows     string // what it prints of the title that there is when it begins; "": nothing
	hangs     bool   // it may hang when it is started on a busy machine, whatever it gets

	// gaps is how long it may be without a tone anywhere, for a reason of its own; its
	// breaks do not count then. 0: nowhere but where another input begins.
	gaps time.Duration
}

// A run is a player that plays.
type run struct {
	player
	cmd  *exec.Cmd
	file string
	said harness.Buffer
	done chan struct{}
	err  error
}

// start starts a player, which is killed when the test ends.
func (p player) start(t testing.TB, s *station) *run {
	t.Helper()
	home := harness.ShortHome(t)
	if p.unprivileged {
		home = harness.NobodysHome(t)
	}
	ending := ".raw"
	if p.coded != "" {
		ending = p.coded
	}
	r := &run{player: p, file: filepath.Join(home, "heard"+ending), done: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	r.cmd = exec.CommandContext(ctx, harness.Program(t, p.command), p.args(s.URL(p.mount+".m3u8"), p.agent, r.file)...)
	r.cmd.Env = append(harness.AtHome(home), p.env...)
	if p.unprivileged {
		harness.AsNobody(r.cmd)
	}
	r.cmd.Stdout, r.cmd.Stderr = &r.said, &r.said
	if p.coded != "" {
		out, err := os.Create(r.file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { out.Close() })
		r.cmd.Stdout = out
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.err = r.cmd.Wait()
		close(r.done)
	}()
	t.Cleanup(func() {
		stop()
		<-r.done
		if t.Failed() {
			t.Logf("%s on %s said:\n%s", r.name, r.mount, harness.Tail(r.said.String(), 20))
		}
	})
	return r
}

// played returns how much the player has played, from what it has written. The bit rate of
// what it gets as it is, is a guess.
func (r *run) played() time.Duration {
	size := harness.SizeOf(r.file)
	switch r.coded {
	case "":
		return time.Duration(size) * time.Second / (2 * sampleRate)
	case ".mp3":
		return time.Duration(size) * time.Second / 16000
	}
	return time.Duration(size) * time.Second / 12500
}

// ended reports whether the player has ended by itself.
func (r *run) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// plays waits until the player has played as much.
func (r *run) plays(t testing.TB, length time.Duration) {
	t.Helper()
	harness.EventuallyIn(t, length+2*harness.Patience, fmt.Sprintf("%s on %s, which has played %v, to play %v", r.name, r.mount, r.played(), length), func() bool {
		if r.ended() {
			t.Fatalf("%s on %s has ended, %v, after %v of sound", r.name, r.mount, r.err, r.played())
		}
		return r.played() >= length
	})
}

// begins waits until there is sound. A player that hangs is started anew, once.
func (r *run) begins(t testing.TB, s *station) *run {
	t.Helper()
	const sound = 3 * time.Second
	for began := time.Now(); r.hangs && r.played() < sound && time.Since(began) < harness.Patience; {
		time.Sleep(100 * time.Millisecond)
	}
	if r.hangs && r.played() == 0 && !r.ended() {
		t.Logf("%s on %s hangs, and is started anew; it said:\n%s", r.name, r.mount, harness.Tail(r.said.String(), 10))
		r.cmd.Process.Kill()
		<-r.done
		r = r.start(t, s)
	}
	r.plays(t, sound)
	return r
}

// quit ends the player as a user does, so that it writes all that it has played.
func (r *run) quit(t testing.TB) {
	t.Helper()
	r.cmd.Process.Signal(os.Interrupt)
	select {
	case <-r.done:
	case <-time.After(harness.Patience):
		r.cmd.Process.Kill()
		<-r.done
		t.Logf("%s on %s did not end by itself", r.name, r.mount)
	}
}

// complaints returns what the player has said of the sound.
func (r *run) complaints() (said []string) {
	chatter := regexp.MustCompile(r.chatter + `|^\s*$`)
	complains := regexp.MustCompile(r.complains)
	for _, line := range strings.FieldsFunc(r.said.String(), func(c rune) bool { return c == '\n' || c == '\r' }) {
		if complains.MatchString(line) && !(chatter.MatchString(line)) {
			said = append(said, line)
		}
	}
	return said
}

// rawSound are ffmpeg's options for sound as it is judged here.
var rawSound = []string{"-f", "s16le", "-ac", "1", "-ar", "44100"}

// ffmpegChatter is what ffmpeg and what is built with it say at a change of the title: they
// show only the first one.
const ffmpegChatter = `#EXT|Changing ID3 metadata in HLS audio elementary stream is not implemented|If you want to help, upload a sample of this file to|patch welcome`

// vlcGaps: VLC goes from one variant to the other and back, with a gap of up to a second if
// their codecs differ.
var vlcGaps = map[string]time.Duration{"/live": time.Second, "/aac": mostGap}

// players lists all of them.
func players() (all []player) {
	ffmpeg := func(mount string, variant int, late bool) player {
		return player{
			name: fmt.Sprintf("ffmpeg -map 0:p:%d", variant), command: "ffmpeg", agent: "e2e-ffmpeg", mount: mount, late: late,
			args: func(url, agent, file string) []string {
				return slices.Concat([]string{"-nostdin", "-v", "level+info", "-nostats", "-user_agent", agent, "-i", url, "-map", fmt.Sprintf("0:p:%d", variant), "-af", "asetpts=N/SR/TB"}, rawSound, []string{file})
			},
			complains: `\[(warning|error|fatal)\]`, chatter: ffmpegChatter, shows: `title +: Title %d`,
		}
	}
	mpv := func(mount, rate string, late bool) player {
		return player{
			name: "mpv --hls-bitrate=" + rate, command: "mpv", agent: "e2e-mpv", mount: mount, late: late,
			args: func(url, agent, file string) []string {
				return []string{"--no-config", "--no-video", "--no-input-terminal", "--ao=pcm", "--ao-pcm-waveheader=no", "--ao-pcm-file=" + file,
					"--audio-format=s16", "--audio-channels=mono", "--audio-samplerate=44100", "--msg-level=all=warn,display-tags=info", "--display-tags=*",
					"--hls-bitrate=" + rate, "--user-agent=" + agent, url}
			},
			complains: `^\[`, chatter: ffmpegChatter,
		}
	}
	all = append(all,
		ffmpeg("/live", 0, false), ffmpeg("/live", 1, true), ffmpeg("/aac", 0, false), ffmpeg("/aac", 1, true),
		mpv("/live", "max", false), mpv("/live", "min", true), mpv("/aac", "max", false),
	)
	for mount, ending := range map[string]string{"/live": ".mp3", "/aac": ".aac"} {
		all = append(all,
			player{
				name: "VLC", command: "vlc", agent: "VLC/", mount: mount, unprivileged: true,
				args: func(url, _, file string) []string {
					return []string{"-I", "dummy", "-vv", "--no-color", "--aout=afile", "--audiofile-file=" + file, "--no-audiofile-wav", "--audiofile-channels=1", "--audiofile-format=s16", url}
				},
				complains: `mpg123/.* error:|(decoder|demux|packetizer) (error|warning):`,
				gaps:      vlcGaps[mount],
			},
			player{
				name: "GStreamer uridecodebin3, hlsdemux2", command: "gst-launch-1.0", agent: "GStreamer", mount: mount,
				args: func(url, _, file string) []string {
					return []string{"-t", "uridecodebin3", "uri=" + url, "!", "audioconvert", "!", "audioresample", "!", "audio/x-raw,format=S16LE,channels=1,rate=44100",
						"!", "filesink", "location=" + file}
				},
				env:       []string{"GST_PLUGIN_FEATURE_RANK=hlsdemux2:MAX,hlsdemux:NONE"},
				complains: `WARNING|ERROR`, shows: `title: Title %d`, hangs: true,
			},
			player{
				name: "Liquidsoap input.hls", command: "liquidsoap", agent: "Lavf/", mount: mount,
				args: func(url, _, file string) []string {
					return []string{fmt.Sprintf(`
settings.init.allow_root.set(true)
radio = input.hls("%s")
def show(shown) = print(shown) end
radio.on_metadata(show)
output.file(%%wav(mono, header=false), fallible=true, "%s", radio)`, url, file)}
				},
				complains: `:[12]\]|\[mp3`, chatter: `We must catchup`,
			},
			player{
				name: "streamlink best", command: "streamlink", agent: "e2e-streamlink", mount: mount, coded: ending,
				args: func(url, agent, _ string) []string {
					return []string{"--http-header", "User-Agent=" + agent, "--stdout", url, "best"}
				},
				chatter: `\[cli\]\[info\]|Interrupted! Exiting`,
			},
		)
	}
	return all
}
