package compatibility

import (
	"fmt"
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
	outputs := ""
	for _, b := range all {
		outputs += b.mpdOutput(map[string][]string{
			"opus":   {`encoder "opus"`, `bitrate "96000"`, `opustags "yes"`, `format "48000:16:2"`},
			"vorbis": {`encoder "vorbis"`, `bitrate "96"`, `format "44100:16:2"`},
			"flac":   {`encoder "flac"`, `oggflac "yes"`, `oggchaining "yes"`, `bitrate "96"`, `format "44100:16:2"`},
		}[b.Key()]...)
	}
	startMPD(t, outputs, "repeat 1\n", codedBroadcast{all[0].broadcast, harness.FLAC}.links(t)...)
}

// buttCodecs starts a butt for each codec. They share a sound card and a window.
func buttCodecs(t *testing.T, all []codedBroadcast) {
	display, home := headless(t), all[0].soundCard(t)
	for _, b := range all {
		name := map[string]string{"opus": "opus", "vorbis": "ogg", "flac": "flac"}[b.Key()]
		tell := buttBroadcast{b.broadcast, buttIcecast, b.SampleRate, 96, name}.start(t, display, home)
		stop := make(chan struct{})
		t.Cleanup(func() { close(stop) })
		go func() {
			for i := 0; ; i = (i + 1) % len(titles) {
				select {
				case <-stop:
					return
				case <-time.After(3 * time.Second):
					tell(titles[i])
				}
			}
		}()
	}
}

// darkiceCodecs: darkice has no titles.
func darkiceCodecs(t *testing.T, all []codedBroadcast) {
	formats := map[string]broadcast{}
	for _, b := range all {
		formats[b.Key()] = b.broadcast
	}
	startDarkice(t, 48000, 96, formats)
}

// mixxxCodecs goes on the air with a profile for each codec. Titles come through
// /admin/metadata.
func mixxxCodecs(t *testing.T, all []codedBroadcast) {
	profiles := map[string]string{}
	for _, b := range all {
		format := map[string]string{"opus": "Opus", "vorbis": "OGG"}[b.Key()]
		profiles[fmt.Sprintf("broadcast_profiles/%s.bcp.xml", b.Key())] = b.mixxxProfile("Icecast2", format, 96)
	}
	mixxxOnAir(t, all[0].broadcast, 48000, profiles)
}
