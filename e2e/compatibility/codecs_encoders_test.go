package compatibility

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// ezstreamCodec passes files through, one link after the other.
func ezstreamCodec(t *testing.T, b codedBroadcast) {
	settings := harness.WriteFile(t, "ezstream.xml", fmt.Sprintf(`<ezstream>
<servers><server><hostname>%s</hostname><port>%s</port><password>%s</password></server></servers>
<streams><stream><mountpoint>%s</mountpoint><format>Ogg</format>
<stream_name>%s</stream_name><stream_genre>%s</stream_genre></stream></streams>
<intakes><intake><type>playlist</type><filename>%s</filename></intake></intakes></ezstream>`,
		b.host, b.port, b.SourcePassword, b.mount, b.name, genre, harness.WriteFile(t, "list.m3u", strings.Join(b.links(t), "\n")+"\n")))
	harness.KeepRunning(t, atHome(t, t.TempDir(), "ezstream", "-c", settings))
}

// icesCodec encodes each file of a playlist as a link of its own.
func icesCodec(t *testing.T, b codedBroadcast) {
	settings := harness.WriteFile(t, "ices.xml", fmt.Sprintf(`<ices>
<background>0</background><logpath>%s</logpath><logfile>log</logfile><loglevel>4</loglevel><consolelog>1</consolelog>
<stream><metadata><name>%s</name><genre>%s</genre><description>tones</description></metadata>
<input><module>playlist</module><param name="type">basic</param><param name="file">%s</param><param name="random">0</param><param name="once">0</param></input>
<instance><hostname>%s</hostname><port>%s</port><password>%s</password><mount>%s</mount><reconnectdelay>2</reconnectdelay><reconnectattempts>5</reconnectattempts><maxqueuelength>80</maxqueuelength>
<encode><nominal-bitrate>96000</nominal-bitrate><samplerate>44100</samplerate><channels>2</channels></encode></instance></stream></ices>`,
		t.TempDir(), b.name, genre, harness.WriteFile(t, "list.txt", strings.Join(b.links(t), "\n")+"\n"), b.host, b.port, b.SourcePassword, b.mount))
	harness.KeepRunning(t, atHome(t, t.TempDir(), "ices2", settings))
}

// oggfwdCodec sends its standard input, files in a row.
func oggfwdCodec(t *testing.T, b codedBroadcast) {
	chain, err := os.Create(filepath.Join(t.TempDir(), "chain"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { chain.Close() })
	links := b.links(t)
	for i := range 20 * len(links) {
		if _, err := chain.WriteString(harness.ReadFile(t, links[i%len(links)])); err != nil {
			t.Fatal(err)
		}
	}
	chain.Seek(0, 0)
	cmd := atHome(t, t.TempDir(), "oggfwd", "-n", b.name, "-g", genre, b.host, b.port, b.SourcePassword, b.mount)
	cmd.Stdin = chain
	harness.KeepRunning(t, cmd)
}

// mpdCodecs plays a queue of titled files into an output for each codec.
func mpdCodecs(t *testing.T, all []codedBroadcast) {
	home := t.TempDir()
	socket := filepath.Join(home, "control")
	settings := fmt.Sprintf("bind_to_address \"%s\"\n", socket)
	for _, b := range all {
		encoder := map[string]string{
			"opus":   `encoder "opus" bitrate "96000" opustags "yes" format "48000:16:2"`,
			"vorbis": `encoder "vorbis" bitrate "96" format "44100:16:2"`,
			"flac":   `encoder "flac" oggflac "yes" oggchaining "yes" bitrate "96" format "44100:16:2"`,
		}[b.Key()]
		settings += fmt.Sprintf(`audio_output {
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
`, b.host, b.port, b.mount, b.SourcePassword, b.name, genre, strings.NewReplacer(`" `, "\"\n\t").Replace(encoder))
	}
	harness.KeepRunning(t, atHome(t, home, "mpd", "--no-daemon", "--stderr", harness.WriteFile(t, "mpd.conf", settings)))
	var control net.Conn
	harness.Eventually(t, "MPD", func() bool {
		var err error
		control, err = net.Dial("unix", socket)
		return err == nil
	})
	t.Cleanup(func() { control.Close() })
	orders := "repeat 1\n"
	for _, file := range harness.FLAC.Links(t, all[0].hertz, 4*time.Second, artist, trackOf(titles[0]), trackOf(titles[1]), trackOf(titles[2]), trackOf(titles[3])) {
		orders += fmt.Sprintf("add \"file://%s\"\n", file)
	}
	fmt.Fprint(control, orders+"play\n")
}

// buttCodecs starts a butt for each codec. They share a sound card and a window.
func buttCodecs(t *testing.T, all []codedBroadcast) {
	display, home := headless(t), all[0].soundCard(t)
	for _, b := range all {
		name := map[string]string{"opus": "opus", "vorbis": "ogg", "flac": "flac"}[b.Key()]
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
bitrate = 96
channel = 2
codec = %[3]s
resample_mode = 0
buffer_ms = 50
[record]
start_rec = 0
[gui]
attach = 0
[here]
address = %[4]s
port = %[5]s
password = %[6]s
type = 1
tls = 0
mount = %[7]s
usr = source
[%[1]s]
pub = 0
genre = %[8]s
description = none
`, b.name, b.SampleRate, name, b.host, b.port, b.SourcePassword, b.mount, genre))
		_, control, _ := net.SplitHostPort(harness.FreePort(t))
		cmd := atHome(t, home, "butt", "-p", control, "-c", settings)
		cmd.Env = append(cmd.Env, "DISPLAY="+display)
		harness.KeepRunning(t, cmd)
		stop := make(chan struct{})
		t.Cleanup(func() { close(stop) })
		go func() {
			for i := 0; ; i = (i + 1) % len(titles) {
				select {
				case <-stop:
					return
				case <-time.After(3 * time.Second):
					atHome(t, home, "butt", "-p", control, "-u", titles[i]).Run()
				}
			}
		}()
	}
}

// darkiceCodecs sends both from one process. darkice has no titles.
func darkiceCodecs(t *testing.T, all []codedBroadcast) {
	settings := `
[general]
duration = 0
bufferSecs = 5
realtime = no
[input]
device = default
sampleRate = 48000
bitsPerSample = 16
channel = 2
`
	for i, b := range all {
		settings += fmt.Sprintf(`[icecast2-%d]
bitrateMode = cbr
format = %s
bitrate = 96
server = %s
port = %s
password = %s
mountPoint = %s
name = %s
genre = %s
`, i, b.Key(), b.host, b.port, b.SourcePassword, strings.TrimPrefix(b.mount, "/"), b.name, genre)
	}
	harness.KeepRunning(t, atHome(t, all[0].soundCard(t), "darkice", "-c", harness.WriteFile(t, "darkice.cfg", settings)))
}

// mixxxCodecs goes on the air with a profile for each codec. Titles come through
// /admin/metadata.
func mixxxCodecs(t *testing.T, all []codedBroadcast) {
	profiles := map[string]string{}
	for _, b := range all {
		format := map[string]string{"opus": "Opus", "vorbis": "OGG"}[b.Key()]
		profiles[fmt.Sprintf("broadcast_profiles/%s.bcp.xml", b.Key())] = fmt.Sprintf(`<!DOCTYPE broadcastprofile>
<BroadcastProfile><Enabled>1</Enabled><Servertype>Icecast2</Servertype><Host>%s</Host><Port>%s</Port>
<Login>source</Login><Password>%s</Password><Mountpoint>%s</Mountpoint>
<StreamName>%s</StreamName><StreamGenre>%s</StreamGenre><MetadataFormat>$artist - $title</MetadataFormat><OggDynamicUpdate>1</OggDynamicUpdate>
<Format>%s</Format><Bitrate>96</Bitrate><Channels>2</Channels></BroadcastProfile>`,
			b.host, b.port, b.SourcePassword, b.mount, b.name, genre, format)
	}
	mixxxOnAir(t, all[0].broadcast, 48000, profiles)
}
