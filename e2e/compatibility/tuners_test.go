package compatibility

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"relay/e2e/harness"
)

// A tuner is a command-line player that writes what it hears into a file and prints
// what it knows of the stream.
type tuner struct {
	client
	args      func(url, file string) []string
	sound     string // file type; "": the program writes no file
	enough    int64  // size in bytes at which to stop it, if it does not end by itself
	complaint string // what it prints about damaged audio, a regular expression; "": nothing
	shows     shown
}

// shown are regular expressions for what a program prints of a station.
type shown struct{ name, genre, bitRate, title string }

var tuners = []tuner{
	{
		client: listener("curl", "plain", "curl", "--version"),
		args:   func(url, file string) []string { return []string{"-sS", "-o", file, url} },
		sound:  "mp3", enough: 60000,
	},
	{
		client: listener("FFmpeg", "ffmpeg -i URL", "ffmpeg", "-version"),
		args: func(url, file string) []string {
			return []string{"-nostdin", "-v", "level+info", "-xerror", "-i", url, "-t", "4", file}
		},
		sound: "wav", complaint: `\[(warning|error|fatal)\]`,
		shows: shown{`icy-name +: Tone Radio`, `icy-genre +: Test Tones`, `icy-br +: 128`, `StreamTitle +: An Artist - A Title`},
	},
	{
		client: listener("FFmpeg", "ffprobe URL", "ffprobe", "-version"),
		args: func(url, _ string) []string {
			return []string{"-v", "level+warning", "-show_format", "-of", "default=nw=1", url}
		},
		complaint: `\[(warning|error|fatal)\]`,
		shows:     shown{`TAG:icy-name=Tone Radio`, `TAG:icy-genre=Test Tones`, `TAG:icy-br=128`, `TAG:StreamTitle=An Artist - A Title`},
	},
	{
		client: listener("GStreamer", "souphttpsrc iradio-mode", "gst-launch-1.0", "--gst-version"),
		args: func(url, file string) []string {
			return []string{"-t", "souphttpsrc", "location=" + url, "iradio-mode=true", "num-buffers=12", "!", "icydemux", "!", "decodebin",
				"!", "audioconvert", "!", "wavenc", "!", "filesink", "location=" + file}
		},
		sound: "wav", complaint: `WARNING|ERROR`,
		shows: shown{`organization: Tone Radio`, `genre: Test Tones`, `nominal bitrate: 128000`, `title: An Artist - A Title`},
	},
	{
		client: listener("liquidsoap", "input.http", "liquidsoap", "--version"),
		args: func(url, file string) []string {
			return []string{fmt.Sprintf(`
settings.init.allow_root.set(true)
radio = input.http("%s")
def show(shown) = print(shown) end
radio.on_metadata(show)
output.file(%%wav(mono, header=false), fallible=true, "%s", radio)`, url, file)}
		},
		sound: "raw", enough: 300000, complaint: `:[12]\]|\[mp3`,
		shows: shown{`"icy-name", "Tone Radio"`, `"icy-genre", "Test Tones"`, `"icy-br", "128"`, `"title", "An Artist - A Title"`},
	},
	mpg123(""), mpg123(".m3u", "-@"), mpg123(".pls", "-@"),
	{
		client: listener("mpg321", "URL", "mpg321", "--version"),
		args:   func(url, file string) []string { return []string{"-w", file, url} },
		sound:  "wav", enough: 600000,
		shows: shown{bitRate: `128 kbit/s`},
	},
	mplayer(""), mplayer(".m3u", "-playlist"), mplayer(".pls", "-playlist"),
	mpv(""), mpv(".m3u"), mpv(".pls"),
	{
		client: listener("SoX", "URL, with libmad", "sox", "--version"),
		args:   func(url, file string) []string { return []string{"-t", "mp3", url, file, "trim", "0", "4"} },
		sound:  "wav",
	},
	{
		client: listener("streamripper", "one file", "streamripper", "-v"),
		args:   func(url, file string) []string { return []string{url, "-d", filepath.Dir(file), "-a", file, "-A"} },
		sound:  "mp3", enough: 60000,
		shows: shown{name: `stream: Tone Radio`, bitRate: `declared bitrate: 128`, title: `\] An Artist - A Title`},
	},
	vlc(""), vlc(".m3u"), vlc(".pls"), vlc(".xspf"),
	{
		client: listener("wget", "-O FILE", "wget", "--version"),
		args:   func(url, file string) []string { return []string{"-nv", "-O", file, url} },
		sound:  "mp3", enough: 60000,
	},
}

func listener(program, way, command string, version ...string) client {
	return client{role: "listener", program: program, way: way, command: command, version: version}
}

// mpg123 opens a mount, or a playlist of it by an option.
func mpg123(playlist string, option ...string) tuner {
	return tuner{
		client: listener("mpg123", cmp.Or(playlist, "URL"), "mpg123", "--version"),
		args: func(url, file string) []string {
			return append(append([]string{"-n", "150", "-w", file}, option...), url+playlist)
		},
		sound: "wav", complaint: `(?i)warning|error|illegal|skipp|note:|resync`,
		shows: shown{name: `ICY-NAME: Tone Radio`, bitRate: `cbr128`, title: `StreamTitle='An Artist - A Title'`},
	}
}

func mplayer(playlist string, option ...string) tuner {
	return tuner{
		client: listener("MPlayer", cmp.Or(playlist, "URL"), "mplayer", "-really-quiet"), // Debian's does not print its version
		args: func(url, file string) []string {
			return append(append([]string{"-noconfig", "all", "-nolirc", "-nojoystick", "-noconsolecontrols", "-prefer-ipv4", "-vo", "null",
				"-ao", "pcm:fast:file=" + file, "-endpos", "4"}, option...), url+playlist)
		},
		sound: "wav",
		shows: shown{`Name +: Tone Radio`, `Genre +: Test Tones`, `Bitrate: 128kbit/s`, `StreamTitle='An Artist - A Title'`},
	}
}

func mpv(playlist string) tuner {
	return tuner{
		client: listener("mpv", cmp.Or(playlist, "URL"), "mpv", "--version"),
		args: func(url, file string) []string {
			return []string{"--no-config", "--no-video", "--ao=pcm", "--ao-pcm-file=" + file, "--length=4",
				"--msg-level=all=warn,display-tags=info", "--display-tags=*", url + playlist}
		},
		sound: "wav", complaint: `(?m)^\[`, // a warning of a module
		shows: shown{`icy-name: Tone Radio`, `icy-genre: Test Tones`, `icy-br: 128`, `icy-title: An Artist - A Title`},
	}
}

func vlc(playlist string) tuner {
	row := listener("VLC", cmp.Or(playlist, "URL"), "vlc", "--version")
	row.unprivileged = true
	return tuner{
		client: row,
		args: func(url, file string) []string {
			return []string{"-I", "dummy", "-vv", "--no-color", "--aout=afile", "--audiofile-file=" + file, "--run-time=4", url + playlist, "vlc://quit"}
		},
		sound: "wav", complaint: `mpg123/.* error:|(decoder|demux|packetizer) (error|warning):`,
		shows: shown{`Icy-Name: Tone Radio`, `Icy-Genre: Test Tones`, `Meta-Info: icy-br: 128`, `Icy-Title=An Artist - A Title`},
	}
}

// plays checks the row of a program.
func (l tuner) plays(t *testing.T, s station, checked *checks) {
	file := filepath.Join(l.home(t), "recorded."+l.sound)
	printed := l.listen(t, s.URL(s.mount), file)
	if l.sound != "" {
		s.isTone(t, harness.Pitch(harness.DecodeFile(t, file)))
		checked.ok("tone")
	}
	if l.complaint != "" {
		if complaint := regexp.MustCompile(l.complaint).FindString(printed); complaint != "" {
			t.Errorf("complains (%s):\n%s", complaint, harness.Tail(printed, 100))
		}
	}
	if l.complaint != "" || l.sound == "mp3" { // DecodeFile fails on damaged audio
		checked.ok("no decoder complaint")
	}
	for _, show := range []struct{ what, as string }{
		{"name", l.shows.name}, {"genre", l.shows.genre}, {"bit rate", l.shows.bitRate}, {"title", l.shows.title},
	} {
		if show.as == "" {
			continue
		}
		if !regexp.MustCompile(show.as).MatchString(printed) {
			t.Errorf("does not show the %s:\n%s", show.what, harness.Tail(printed, 100))
		}
		checked.ok(show.what)
	}
}

// listen runs the program until it ends or has recorded enough, and returns its
// output.
func (l tuner) listen(t testing.TB, url, file string) (printed string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*harness.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, harness.Program(t, l.command), l.args(url, file)...)
	l.settle(cmd, filepath.Dir(file))
	var out harness.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if l.enough > 0 {
		for harness.SizeOf(file) < l.enough && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		cmd.Process.Signal(syscall.SIGINT)
		cmd.Wait()
	} else if err := cmd.Wait(); err != nil {
		t.Fatalf("%v, and said:\n%s", err, harness.Tail(out.String(), 100))
	}
	if ctx.Err() != nil {
		t.Fatalf("did not end, and said:\n%s", harness.Tail(out.String(), 100))
	}
	return out.String()
}
