package compatibility

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"relay/e2e/harness"
)

// A buttBroadcast is sent by butt, which has a window and a sound card.
type buttBroadcast struct {
	broadcast
	server           int // its type: buttShoutcast or buttIcecast
	sampleRate, kbps int
	codec            string
}

const (
	buttShoutcast = iota
	buttIcecast
)

// start connects butt. tell gives it a title from outside, as playout programs do.
func (b buttBroadcast) start(t *testing.T, display, home string) (tell func(title string)) {
	settings := harness.WriteFile(t, "butt.cfg", fmt.Sprintf(`
[main]
server = here
icy = %[1]s
num_of_srv = 1
num_of_icy = 1
srv_ent = here
icy_ent = %[1]s
song_update = 0
connect_at_startup = 1
force_reconnecting = 1
reconnect_delay = 1
check_for_update = 0
[audio]
device = 0
device2 = -1
samplerate = %[2]d
bitrate = %[3]d
channel = 2
codec = %[4]s
resample_mode = 0
buffer_ms = 50
[record]
start_rec = 0
[gui]
attach = 0
[here]
address = %[5]s
port = %[6]s
password = %[7]s
type = %[8]d
tls = 0
mount = %[9]s
usr = source
[%[1]s]
pub = 0
genre = %[10]s
description = none
`, b.name, b.sampleRate, b.kbps, b.codec, b.host, b.port, b.SourcePassword, b.server, b.mount, genre))
	_, control, _ := net.SplitHostPort(harness.FreePort(t))
	cmd := atHome(t, home, "butt", "-p", control, "-c", settings)
	cmd.Env = append(cmd.Env, "DISPLAY="+display)
	harness.KeepRunning(t, cmd)
	return func(title string) { atHome(t, home, "butt", "-p", control, "-u", title).Run() }
}

func buttSource(server int) func(*testing.T, broadcast) {
	return func(t *testing.T, b broadcast) {
		tell := buttBroadcast{b, server, 44100, 128, "mp3"}.start(t, headless(t), b.soundCard(t))
		harness.Eventually(t, "butt", func() bool { return b.Source(t, b.mount).ServerName == b.name })
		harness.Eventually(t, "butt to take a title", func() bool {
			tell(title)
			return b.Source(t, b.mount).Title == title
		})
	}
}

// darkiceSource: darkice has no titles.
func darkiceSource(t *testing.T, b broadcast) {
	startDarkice(t, 44100, 128, map[string]broadcast{"mp3": b})
}

// startDarkice sends broadcasts, by format, from one process.
func startDarkice(t *testing.T, sampleRate, kbps int, all map[string]broadcast) {
	settings := fmt.Sprintf(`
[general]
duration = 0
bufferSecs = 5
realtime = no
[input]
device = default
sampleRate = %d
bitsPerSample = 16
channel = 2
`, sampleRate)
	home := ""
	for format, b := range all {
		if home == "" {
			home = b.soundCard(t)
		}
		settings += fmt.Sprintf(`[icecast2-%d]
bitrateMode = cbr
format = %s
bitrate = %d
server = %s
port = %s
password = %s
mountPoint = %s
name = %s
genre = %s
`, strings.Count(settings, "[icecast2-"), format, kbps, b.host, b.port, b.SourcePassword, strings.TrimPrefix(b.mount, "/"), b.name, genre)
	}
	harness.KeepRunning(t, atHome(t, home, "darkice", "-c", harness.WriteFile(t, "darkice.cfg", settings)))
}

// mixxxSource broadcasts with a profile for one of Mixxx's server types.
func mixxxSource(server string) func(*testing.T, broadcast) {
	return func(t *testing.T, b broadcast) {
		mixxxOnAir(t, b, 44100, map[string]string{"broadcast_profiles/here.bcp.xml": b.mixxxProfile(server, "MP3", 128)})
	}
}

// mixxxProfile returns Mixxx's settings for a broadcast.
func (b broadcast) mixxxProfile(server, format string, kbps int) string {
	return fmt.Sprintf(`<!DOCTYPE broadcastprofile>
<BroadcastProfile><Enabled>1</Enabled><Servertype>%s</Servertype><Host>%s</Host><Port>%s</Port>
<Login>source</Login><Password>%s</Password><Mountpoint>%s</Mountpoint>
<StreamName>%s</StreamName><StreamGenre>%s</StreamGenre><MetadataFormat>$artist - $title</MetadataFormat><OggDynamicUpdate>1</OggDynamicUpdate>
<Format>%s</Format><Bitrate>%d</Bitrate><Channels>2</Channels></BroadcastProfile>`,
		server, b.host, b.port, b.SourcePassword, b.mount, b.name, genre, format, kbps)
}

// mixxxAlone is held while a Mixxx runs: it needs a whole core.
var mixxxAlone sync.Mutex

// mixxxOnAir plays a track on a deck and goes on the air by key presses in its window:
// Mixxx has no other remote control. profiles are files, one for each broadcast.
func mixxxOnAir(t *testing.T, b broadcast, sampleRate int, profiles map[string]string) {
	mixxxAlone.Lock()
	t.Cleanup(mixxxAlone.Unlock)
	home := t.TempDir()
	writeFiles(t, home, profiles)
	writeFiles(t, home, map[string]string{
		"mixxx.cfg":      "[Config]\nVersion 2.3.3\n\n[Keyboard]\nEnabled 1\n",
		"Custom.kbd.cfg": "[Channel1]\nstart_play p\n\n[Channel2]\nstart_play p\n\n[Shoutcast]\nenabled b\n",
		".asoundrc":      "pcm.!default { type null }\nctl.!default { type null }\n",
		"soundconfig.xml": fmt.Sprintf(`<!DOCTYPE SoundManagerConfig>
<SoundManagerConfig api="ALSA" samplerate="%d" latency="5" force_network_clock="1" deck_count="2">
<SoundDevice name="default" portAudioIndex="0"><output type="Master" index="0" channel="0" channel_count="2"/></SoundDevice>
</SoundManagerConfig>`, sampleRate),
	})
	display := "DISPLAY=" + headless(t)
	cmd := atHome(t, home, "mixxx", "--settingsPath", home+"/", b.titledTone(t))
	cmd.Env = append(cmd.Env, display)
	harness.KeepRunning(t, cmd)
	const patience = 3 * time.Minute // it draws its whole window before it plays
	press := func(keys ...string) error {
		cmd := atHome(t, home, "xdotool", keys...)
		cmd.Env = append(cmd.Env, display)
		return cmd.Run()
	}
	harness.EventuallyIn(t, patience, "Mixxx to ask where music is", func() bool { return press("search", "--name", "Choose music") == nil })
	harness.EventuallyIn(t, patience, "Mixxx to play", func() bool { // on either deck; the window's title shows it
		if press("key", "Escape", "key", "p") != nil {
			return false
		}
		for range 50 { // a second press would stop it again, if it came too soon
			if press("search", "--name", track) == nil {
				return true
			}
			time.Sleep(100 * time.Millisecond)
		}
		return false
	})
	if err := press("key", "b"); err != nil {
		t.Fatal(err)
	}
}

// headless starts an X server for programs with windows and returns its display. Without
// -noreset, it would refuse programs for a moment whenever its last client leaves.
func headless(t testing.TB) string {
	t.Helper()
	cmd := atHome(t, t.TempDir(), "Xvfb", "-displayfd", "1", "-noreset", "-screen", "0", "800x600x16")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) // so that it removes its lock
		cmd.Wait()
	})
	number, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb: %v", err)
	}
	return ":" + strings.TrimSpace(number)
}

// soundCard returns a home with a sound card that records the broadcast's tone.
func (b broadcast) soundCard(t testing.TB) string {
	t.Helper()
	home := t.TempDir()
	socket := filepath.Join(home, soundSocket)
	harness.KeepRunning(t, atHome(t, home, "pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket="+socket,
		"-L", "module-sine-source rate=44100 frequency="+strconv.Itoa(b.hertz)))
	harness.Eventually(t, "the sound card", func() bool {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	writeFiles(t, home, map[string]string{".asoundrc": "pcm.!default { type pulse }\nctl.!default { type null }\n"})
	return home
}

// writeFiles writes files into a directory and its subdirectories.
func writeFiles(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}
