package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A station is a mount that plays one tone under one title.
type station struct {
	*relay
	mount string
	hertz int
}

// What every station is called.
const stationName, stationGenre, stationTitle = "Tone Radio", "Test Tones", "An Artist - A Title"

// broadcast puts a station on the air, and waits until the oldest sound that
// a listener gets has its title.
func (r *relay) broadcast(t testing.TB, mount string, hertz int) station {
	t.Helper()
	background(t, program(t, "ffmpeg"), "-v", "warning", "-re", "-f", "lavfi", "-i", sine(hertz, time.Hour), "-ac", "2",
		"-c:a", "libmp3lame", "-b:a", "128k", "-content_type", "audio/mpeg", "-ice_name", stationName, "-ice_genre", stationGenre,
		"-f", "mp3", fmt.Sprintf("icecast://source:%s@%s%s", r.sourcePassword, r.addr, mount))
	eventually(t, "the source", func() bool { return r.source(t, mount).BitRate == 128 })
	status, _, body := r.request(t, "GET", "/admin/metadata?mode=updinfo&mount="+mount+"&song=An+Artist+-+A+Title", "admin", r.adminPassword)
	if status != 200 {
		t.Fatalf("the title got %d %s", status, body)
	}
	p := r.tune(t, mount, "Icy-MetaData: 1")
	defer p.Close()
	for left := 200; left > 0; { // frames, more than a burst of them
		if _, err := p.frame(); err != nil {
			t.Fatal(err)
		}
		if p.title == stationTitle {
			left--
		}
	}
	return station{r, mount, hertz}
}

// isTone checks that a frequency is the station's.
func (s station) isTone(t testing.TB, hertz float64) {
	t.Helper()
	if math.Abs(hertz-float64(s.hertz)) > float64(s.hertz)/100 {
		t.Errorf("plays %.1f Hz, want %d", hertz, s.hertz)
	}
}

// A tuner is a program that listens from the command line, puts what it hears
// into a file and prints what it knows of the stream.
type tuner struct {
	client
	args      func(url, file string) []string
	sound     string // the kind of file, "" if the program makes none
	enough    int64  // bytes of it, if the program does not end by itself
	complaint string // how the program begins one
	shows     shown
}

// shown is what a program prints of a station, as regular expressions.
type shown struct{ name, genre, bitRate, title string }

var tuners = []tuner{
	{
		client: client{role: "listener", program: "curl", way: "plain", command: "curl", version: []string{"--version"}},
		args:   func(url, file string) []string { return []string{"-sS", "-o", file, url} },
		sound:  "mp3", enough: 60000, complaint: `curl:`,
	},
	{
		client: client{role: "listener", program: "FFmpeg", way: "ffmpeg -i URL", command: "ffmpeg", version: []string{"-version"}},
		args: func(url, file string) []string {
			return []string{"-nostdin", "-v", "level+info", "-xerror", "-i", url, "-t", "4", file}
		},
		sound: "wav", complaint: `\[(warning|error|fatal)\]`,
		shows: shown{`icy-name +: Tone Radio`, `icy-genre +: Test Tones`, `icy-br +: 128`, `StreamTitle +: An Artist - A Title`},
	},
	{
		client: client{role: "listener", program: "FFmpeg", way: "ffprobe URL", command: "ffprobe", version: []string{"-version"}},
		args: func(url, _ string) []string {
			return []string{"-v", "level+warning", "-show_format", "-of", "default=nw=1", url}
		},
		complaint: `\[(warning|error|fatal)\]`,
		shows:     shown{`TAG:icy-name=Tone Radio`, `TAG:icy-genre=Test Tones`, `TAG:icy-br=128`, `TAG:StreamTitle=An Artist - A Title`},
	},
	{
		client: client{role: "listener", program: "GStreamer", way: "souphttpsrc iradio-mode", command: "gst-launch-1.0", version: []string{"--gst-version"}},
		args: func(url, file string) []string {
			return []string{"-t", "souphttpsrc", "location=" + url, "iradio-mode=true", "num-buffers=12", "!", "icydemux", "!", "decodebin",
				"!", "audioconvert", "!", "wavenc", "!", "filesink", "location=" + file}
		},
		sound: "wav", complaint: `WARNING|ERROR`,
		shows: shown{`organization: Tone Radio`, `genre: Test Tones`, `nominal bitrate: 128000`, `title: An Artist - A Title`},
	},
	{
		client: client{role: "listener", program: "liquidsoap", way: "input.http", command: "liquidsoap", version: []string{"--version"}},
		args: func(url, file string) []string {
			return []string{fmt.Sprintf(`
settings.init.allow_root.set(true)
radio = input.http("%s")
def show(shown) = print(shown) end
radio.on_metadata(show)
output.file(%%wav(mono, header=false), fallible=true, "%s", radio)`, url, file)}
		},
		sound: "raw", enough: 300000, complaint: `:[12]\]`, // the two highest of its levels
		shows: shown{`"icy-name", "Tone Radio"`, `"icy-genre", "Test Tones"`, `"icy-br", "128"`, `"title", "An Artist - A Title"`},
	},
	{
		client: client{role: "listener", program: "mpg123", way: "URL", command: "mpg123", version: []string{"--version"}},
		args:   func(url, file string) []string { return []string{"-n", "150", "-w", file, url} },
		sound:  "wav", complaint: mpg123Complaint,
		shows: shown{name: `ICY-NAME: Tone Radio`, bitRate: `cbr128`, title: `StreamTitle='An Artist - A Title'`},
	},
	{
		client: client{role: "listener", program: "mpg123", way: ".m3u", command: "mpg123", version: []string{"--version"}},
		args:   func(url, file string) []string { return []string{"-n", "150", "-w", file, "-@", url + ".m3u"} },
		sound:  "wav", complaint: mpg123Complaint,
		shows: shown{name: `ICY-NAME: Tone Radio`, bitRate: `cbr128`, title: `StreamTitle='An Artist - A Title'`},
	},
	{
		client: client{role: "listener", program: "mpg123", way: ".pls", command: "mpg123", version: []string{"--version"}},
		args:   func(url, file string) []string { return []string{"-n", "150", "-w", file, "-@", url + ".pls"} },
		sound:  "wav", complaint: mpg123Complaint,
		shows: shown{name: `ICY-NAME: Tone Radio`, bitRate: `cbr128`, title: `StreamTitle='An Artist - A Title'`},
	},
	{
		client: client{role: "listener", program: "mpg321", way: "URL", command: "mpg321", version: []string{"--version"}},
		args:   func(url, file string) []string { return []string{"-w", file, url} },
		sound:  "wav", enough: 600000, complaint: mpg123Complaint,
		shows: shown{bitRate: `128 kbit/s`},
	},
	{
		client: client{role: "listener", program: "MPlayer", way: "URL", command: "mplayer"},
		args:   func(url, file string) []string { return mplayer(file, url) },
		sound:  "wav", complaint: mplayerComplaint,
		shows: shown{`Name +: Tone Radio`, `Genre +: Test Tones`, `Bitrate: 128kbit/s`, `StreamTitle='An Artist - A Title'`},
	},
	{
		client: client{role: "listener", program: "MPlayer", way: ".m3u", command: "mplayer"},
		args:   func(url, file string) []string { return mplayer(file, "-playlist", url+".m3u") },
		sound:  "wav", complaint: mplayerComplaint,
		shows: shown{`Name +: Tone Radio`, `Genre +: Test Tones`, `Bitrate: 128kbit/s`, `StreamTitle='An Artist - A Title'`},
	},
	{
		client: client{role: "listener", program: "mpv", way: "URL", command: "mpv", version: []string{"--version"}},
		args:   func(url, file string) []string { return mpv(file, url) },
		sound:  "wav", complaint: mpvComplaint,
		shows: shown{`icy-name: Tone Radio`, `icy-genre: Test Tones`, `icy-br: 128`, `icy-title: An Artist - A Title`},
	},
	{
		client: client{role: "listener", program: "mpv", way: ".m3u", command: "mpv", version: []string{"--version"}},
		args:   func(url, file string) []string { return mpv(file, url+".m3u") },
		sound:  "wav", complaint: mpvComplaint,
		shows: shown{`icy-name: Tone Radio`, `icy-genre: Test Tones`, `icy-br: 128`, `icy-title: An Artist - A Title`},
	},
	{
		client: client{role: "listener", program: "mpv", way: ".pls", command: "mpv", version: []string{"--version"}},
		args:   func(url, file string) []string { return mpv(file, url+".pls") },
		sound:  "wav", complaint: mpvComplaint,
		shows: shown{`icy-name: Tone Radio`, `icy-genre: Test Tones`, `icy-br: 128`, `icy-title: An Artist - A Title`},
	},
	{
		client: client{role: "listener", program: "SoX", way: "URL, with libmad", command: "sox", version: []string{"--version"}},
		args:   func(url, file string) []string { return []string{"-V2", "-t", "mp3", url, file, "trim", "0", "4"} },
		sound:  "wav", complaint: `sox (WARN|FAIL)`,
	},
	{
		client: client{role: "listener", program: "streamripper", way: "one file", command: "streamripper", version: []string{"-v"}},
		args:   func(url, file string) []string { return []string{url, "-d", filepath.Dir(file), "-a", file, "-A"} },
		sound:  "mp3", enough: 60000, complaint: `(?i)error`,
		shows: shown{name: `stream: Tone Radio`, bitRate: `declared bitrate: 128`, title: `\] An Artist - A Title`},
	},
	{
		client: client{role: "listener", program: "VLC", way: "URL", command: "vlc", version: []string{"--version"}, unprivileged: true},
		args:   func(url, file string) []string { return vlc(file, url) },
		sound:  "wav", complaint: vlcComplaint,
		shows: shown{`Icy-Name: Tone Radio`, `Icy-Genre: Test Tones`, `Meta-Info: icy-br: 128`, `Icy-Title=An Artist - A Title`},
	},
	{
		client: client{role: "listener", program: "VLC", way: ".m3u", command: "vlc", version: []string{"--version"}, unprivileged: true},
		args:   func(url, file string) []string { return vlc(file, url+".m3u") },
		sound:  "wav", complaint: vlcComplaint,
		shows: shown{`Icy-Name: Tone Radio`, `Icy-Genre: Test Tones`, `Meta-Info: icy-br: 128`, `Icy-Title=An Artist - A Title`},
	},
	{
		client: client{role: "listener", program: "VLC", way: ".pls", command: "vlc", version: []string{"--version"}, unprivileged: true},
		args:   func(url, file string) []string { return vlc(file, url+".pls") },
		sound:  "wav", complaint: vlcComplaint,
		shows: shown{`Icy-Name: Tone Radio`, `Icy-Genre: Test Tones`, `Meta-Info: icy-br: 128`, `Icy-Title=An Artist - A Title`},
	},
	{
		client: client{role: "listener", program: "wget", way: "-O FILE", command: "wget", version: []string{"--version"}},
		args:   func(url, file string) []string { return []string{"-nv", "-O", file, url} },
		sound:  "mp3", enough: 60000, complaint: `(?i)error|failed`,
	},
}

const (
	mpg123Complaint  = `(?i)warning|error|illegal|skipp|note:|resync`
	mplayerComplaint = `(?i)warning|error|illegal|skipp|invalid|damaged`
	mpvComplaint     = `(?m)^\[` // the module that has something to say, which is at least a warning
	vlcComplaint     = `(mpg123|mad|mpga|avcodec|packetizer|decoder|demux|input|afile)\S* (\w+ )?(error|warning):`
)

func mplayer(file string, what ...string) []string {
	return append([]string{"-noconfig", "all", "-nolirc", "-nojoystick", "-noconsolecontrols", "-prefer-ipv4", "-vo", "null",
		"-ao", "pcm:fast:file=" + file, "-endpos", "4"}, what...)
}

func mpv(file, what string) []string {
	return []string{"--no-config", "--no-video", "--ao=pcm", "--ao-pcm-file=" + file, "--length=4", "--msg-level=all=warn,display-tags=info",
		"--display-tags=*", what}
}

func vlc(file, what string) []string {
	return []string{"-I", "dummy", "-vv", "--no-color", "--aout=afile", "--audiofile-file=" + file, "--run-time=4", what, "vlc://quit"}
}

// Every program hears the tone that the source sends, at any place that it
// may join, has no complaint about the sound, and shows what it can of the
// station.
func TestCompatibilityListeners(t *testing.T) {
	s := start(t, config).broadcast(t, "/tone.mp3", 630)
	client{role: "listener", program: "curl", way: "with Icy-MetaData", command: "curl", version: []string{"--version"}}.
		test(t, s.curlWithMetadata)
	client{role: "listener", program: "MPD", way: "mpc add URL", command: "mpd", version: []string{"--version"}}.test(t, s.mpd)
	browser.test(t, s.browser)
	for _, l := range tuners {
		l.test(t, func(t *testing.T, checked *checks) {
			file := filepath.Join(l.home(t), "recorded."+l.sound)
			printed := l.listen(t, s.url(s.mount), file)
			if l.sound != "" {
				s.isTone(t, pitch(decodeFile(t, file)))
				checked.ok("tone")
			}
			if complaint := regexp.MustCompile(l.complaint).FindString(printed); complaint != "" {
				t.Errorf("complains (%s):\n%s", complaint, tail(printed, 100))
			}
			checked.ok("no decoder complaint")
			for _, show := range []struct{ what, as string }{
				{"name", l.shows.name}, {"genre", l.shows.genre}, {"bit rate", l.shows.bitRate}, {"title", l.shows.title},
			} {
				if show.as == "" {
					continue
				}
				if !regexp.MustCompile(show.as).MatchString(printed) {
					t.Errorf("does not show the %s:\n%s", show.what, tail(printed, 100))
				}
				checked.ok(show.what)
			}
		})
	}
}

// listen runs the program until it ends or has recorded enough, and returns
// what it printed.
func (l tuner) listen(t testing.TB, url, file string) (printed string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t, l.command), l.args(url, file)...)
	l.settle(cmd, filepath.Dir(file))
	var out lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if l.enough > 0 {
		for sizeOf(file) < l.enough && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		cmd.Process.Signal(syscall.SIGINT)
		cmd.Wait()
	} else if err := cmd.Wait(); err != nil {
		t.Fatalf("%v, and said:\n%s", err, tail(out.String(), 100))
	}
	if ctx.Err() != nil {
		t.Fatalf("did not end, and said:\n%s", tail(out.String(), 100))
	}
	return out.String()
}

// sizeOf returns the size of a file, 0 while there is none.
func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// curl that asks for metadata gets it between the frames, at the distance that
// the head of the answer tells.
func (s station) curlWithMetadata(t *testing.T, checked *checks) {
	file := filepath.Join(t.TempDir(), "recorded")
	curl := tuner{
		client: client{command: "curl"},
		args: func(url, file string) []string {
			return []string{"-sS", "-i", "-H", "Icy-MetaData: 1", "-o", file, url}
		},
		enough: 60000,
	}
	curl.listen(t, s.url(s.mount), file)
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := &player{in: bufio.NewReader(f)}
	p.readHead(t)
	audio, _ := io.ReadAll(p) // it may end in the middle of a block
	s.isTone(t, pitch(decode(t, audio)))
	checked.ok("tone")
	checked.ok("no decoder complaint")
	for _, show := range []struct{ what, got, want string }{
		{"name", p.header["icy-name"], stationName}, {"genre", p.header["icy-genre"], stationGenre},
		{"bit rate", p.header["icy-br"], "128"}, {"title", strings.Join(p.titles, ", "), stationTitle},
	} {
		if show.got != show.want {
			t.Errorf("%s %q, want %q", show.what, show.got, show.want)
		}
		checked.ok(show.what)
	}
}

// mpd plays through a pipe, and tells mpc what is on.
func (s station) mpd(t *testing.T, checked *checks) {
	home := t.TempDir()
	at := func(name string) string { return filepath.Join(home, name) }
	conf := writeFile(t, "mpd.conf", fmt.Sprintf(`
bind_to_address "%s"
playlist_directory "%s"
log_file "%s"
audio_output {
	type "pipe"
	name "recorder"
	command "cat >'%s'"
	format "44100:16:1"
}`, at("socket"), home, at("log"), at("recorded.raw")))
	mpd := exec.Command(program(t, "mpd"), "--no-daemon", conf)
	client{}.settle(mpd, home)
	keepRunning(t, mpd)
	mpc := func(args ...string) string {
		out, _ := exec.Command(program(t, "mpc"), append([]string{"-q", "-h", at("socket")}, args...)...).Output()
		return strings.TrimSpace(string(out))
	}
	eventually(t, "mpd", func() bool { _, err := os.Stat(at("socket")); return err == nil })
	mpc("add", s.url(s.mount))
	mpc("play")
	eventually(t, "name and title", func() bool {
		return mpc("-f", "%name%: %title%", "current") == stationName+": "+stationTitle
	})
	checked.ok("name")
	checked.ok("title")
	eventually(t, "the sound", func() bool { return sizeOf(at("recorded.raw")) > 300000 })
	s.isTone(t, pitch(decodeFile(t, at("recorded.raw"))))
	checked.ok("tone")
	said, err := os.ReadFile(at("log"))
	if err != nil {
		t.Fatal(err)
	}
	if complaint := regexp.MustCompile(`(?i)\b(mad|mpg123|ffmpeg|curl|icy)\b.*`).Find(said); complaint != nil {
		t.Errorf("complains: %s", complaint)
	}
	checked.ok("no decoder complaint")
}
