package compatibility

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// A codedBroadcast is a broadcast of one of the codecs beside MP3.
type codedBroadcast struct {
	broadcast
	harness.Coding
}

// What a program tells of a track beside its audio.
const (
	untitled = iota // nothing
	titled          // one title
	changing        // one title after the other, see titles
)

// titles follow each other, for programs that begin a new link at each.
var titles = []string{title + " 1", title + " 2", title + " 3", title + " 4"}

// trackOf returns the title without the artist: in statistics, Ogg may have it apart.
func trackOf(title string) string { return strings.TrimPrefix(title, artist+" - ") }

// Real encoders play AAC, Opus, Vorbis and FLAC, with their stations' names and titles.
// Where an encoder begins a new link at a title, listeners hear it without a break.
func TestCompatibilityCodecSources(t *testing.T) {
	packaged := func(name string) []string { return []string{"dpkg-query", "-W", "-f", "${Version}", name} }
	var (
		butt       = client{program: "butt", command: "butt", version: []string{"-v"}}
		darkice    = client{program: "darkice", command: "darkice"}
		ezstream   = client{program: "ezstream", command: "ezstream", version: []string{"-V"}}
		ffmpeg     = client{program: "ffmpeg", command: "ffmpeg", version: []string{"-version"}}
		gstreamer  = client{program: "GStreamer", command: "gst-launch-1.0", version: packaged("gstreamer1.0-tools")}
		ices       = client{program: "ices2", command: "ices2", version: packaged("ices2")}
		liquidsoap = client{program: "liquidsoap", command: "liquidsoap", version: []string{"--version"}}
		mixxx      = client{program: "Mixxx", command: "mixxx", version: packaged("mixxx")}
		mpd        = client{program: "MPD", command: "mpd", version: []string{"--version"}}
		oggfwd     = client{program: "oggfwd", command: "oggfwd", version: packaged("oggfwd")}
	)
	aac, opus, vorbis, flac := harness.AAC, harness.Opus, harness.Vorbis, harness.FLAC
	tests := []struct {
		client
		way    string
		codecs []harness.Coding
		titles int
		start  func(t *testing.T, all []codedBroadcast)
	}{
		{butt, "PUT", []harness.Coding{opus, vorbis, flac}, changing, buttCodecs},
		{darkice, "SOURCE", []harness.Coding{opus, vorbis}, untitled, darkiceCodecs},
		{ezstream, "SOURCE", []harness.Coding{opus, vorbis}, changing, each(ezstreamCodec)},
		{ffmpeg, "PUT", []harness.Coding{aac, opus, vorbis, flac}, titled, each(ffmpegCodec)},
		{gstreamer, "SOURCE", []harness.Coding{opus, vorbis, flac}, titled, each(gstreamerCodec)},
		{ices, "SOURCE", []harness.Coding{vorbis}, changing, each(icesCodec)},
		{liquidsoap, "SOURCE", []harness.Coding{aac, opus, vorbis, flac}, changing, liquidsoapCodecs},
		{mixxx, "SOURCE", []harness.Coding{vorbis}, titled, mixxxCodecs},
		{mpd, "SOURCE", []harness.Coding{opus, vorbis, flac}, changing, mpdCodecs},
		{oggfwd, "SOURCE", []harness.Coding{opus, vorbis, flac}, changing, each(oggfwdCodec)},
	}
	r := harness.Start(t, harness.Config)
	for i, tt := range tests {
		t.Run(tt.program, func(t *testing.T) {
			busy := tt.program == butt.program || tt.program == mixxx.program // they need a whole core each
			if !busy {
				t.Parallel()
			}
			var all []codedBroadcast
			for _, c := range tt.codecs {
				b := broadcast{Relay: r, mount: c.Mount(strings.ToLower(tt.program)), hertz: 420 + 30*i, name: tt.program + " in " + c.String()}
				b.host, b.port, _ = net.SplitHostPort(r.Addr)
				all = append(all, codedBroadcast{b, c})
			}
			harness.Program(t, tt.command)
			if !busy {
				tt.start(t, all)
			}
			for _, b := range all {
				row := tt.client
				row.role, row.way = "source", b.Coding.String()+", "+tt.way
				row.test(t, func(t *testing.T, checked *checks) {
					if busy {
						tt.start(t, []codedBroadcast{b})
					}
					harness.EventuallyIn(t, slowStart, "the name", func() bool { return r.Source(t, b.mount).ServerName == b.name })
					checked.ok("name")
					if got := r.Source(t, b.mount).Genre; got != genre {
						t.Errorf("genre %q, want %q", got, genre)
					}
					checked.ok("genre")
					titles := tt.titles
					if !b.IsOgg() && tt.program == ffmpeg.program {
						titles = untitled
					}
					// Those that join in the first seconds may hear a gap.
					b.EventuallyHears(t, r, b.mount, b.hertz, b.Decode)
					if titles != untitled {
						harness.Eventually(t, "the title", func() bool { return strings.HasPrefix(trackOf(r.Source(t, b.mount).Title), track) })
						checked.ok("title")
					}
					checked.ok("tone")
					checked.ok("no decoder complaint")
					if titles == changing {
						b.playsThroughTitles(t, 3)
						checked.ok("one link through 3 titles")
					}
				})
			}
		})
	}
}

// each starts a program for each of the broadcasts.
func each(start func(*testing.T, codedBroadcast)) func(*testing.T, []codedBroadcast) {
	return func(t *testing.T, all []codedBroadcast) {
		for _, b := range all {
			start(t, b)
		}
	}
}

// playsThroughTitles listens until the title has changed some times, and for two more
// seconds. In Ogg the stream is one link for listeners, and decoders have no complaint.
func (b codedBroadcast) playsThroughTitles(t *testing.T, changes int) {
	t.Helper()
	harness.Eventually(t, "a burst that begins after the first title", func() bool {
		p := b.Tune(t, b.mount, "Icy-MetaData: 1")
		defer p.Close()
		b.Take(t, p, func([]byte, time.Duration) bool { return len(p.Titles) > 0 })
		return p.Titles[0] != ""
	})
	p := b.Tune(t, b.mount, "Icy-MetaData: 1")
	defer p.Close()
	var since time.Duration // of the last change, in the audio
	changed := func() bool { return len(slices.Compact(slices.Clone(p.Titles))) > changes }
	audio := b.Take(t, p, func(_ []byte, length time.Duration) bool {
		if !changed() {
			since = length
		}
		return changed() && length >= since+2*time.Second
	})
	for _, got := range p.Titles {
		if !strings.HasPrefix(got, title) {
			t.Errorf("the title %q of %q", got, p.Titles)
		}
	}
	if links := harness.CountLinks(audio); b.IsOgg() && links != 1 {
		t.Errorf("the stream has %d links through the titles %q", links, p.Titles)
	}
	b.Decode(t, audio)
}

// links returns files of the tone, one for each of the titles.
func (b codedBroadcast) links(t testing.TB) []string {
	t.Helper()
	var tracks []string
	for _, title := range titles {
		tracks = append(tracks, trackOf(title))
	}
	return b.Links(t, b.hertz, 4*time.Second, artist, tracks...)
}

// ffmpegCodec: ffmpeg's titles are those in the header of an Ogg stream.
func ffmpegCodec(t *testing.T, b codedBroadcast) {
	b.Broadcast(t, b.Relay, b.mount, b.hertz, "-metadata", "artist="+artist, "-metadata", "title="+track, "-ice_name", b.name, "-ice_genre", genre)
}

func gstreamerCodec(t *testing.T, b codedBroadcast) {
	encoder := map[string][]string{"opus": {"opusenc", "bitrate=96000"}, "vorbis": {"vorbisenc", "bitrate=96000"}, "flac": {"flacenc"}}[b.Key()]
	args := slices.Concat([]string{"audiotestsrc", "is-live=true", fmt.Sprintf("freq=%d", b.hertz),
		"!", fmt.Sprintf("audio/x-raw,rate=%d,channels=2", b.SampleRate), "!", "audioconvert",
		"!", "taginject", fmt.Sprintf(`tags="artist=\"%s\",title=\"%s\""`, artist, track), "!"}, encoder,
		[]string{"!", "oggmux", "!", "shout2send", "ip=" + b.host, "port=" + b.port, "mount=" + b.mount,
			"username=source", "password=" + b.SourcePassword, "streamname=" + b.name, "genre=" + genre})
	harness.KeepRunning(t, atHome(t, t.TempDir(), "gst-launch-1.0", args...))
}

// liquidsoapCodecs sends all from one process, which takes long to start.
func liquidsoapCodecs(t *testing.T, all []codedBroadcast) {
	encoder := map[string]string{
		"aac":  `%ffmpeg(format="adts", %audio(codec="aac", b="96k"))`,
		"opus": `%opus(bitrate=96, samplerate=48000, channels=2)`, "vorbis": `%vorbis.cbr(bitrate=96)`, "flac": `%ogg(%flac)`,
	}
	b := all[0]
	script := fmt.Sprintf(`
set("log.stdout", true)
set("init.allow_root", true)
tone = insert_metadata(sine(%d.))
count = ref(0)
thread.run(every=3., fun() -> begin
  count := !count + 1
  tone.insert_metadata([("artist", "%s"), ("title", "%s #{!count mod 4 + 1}")])
end)
`, b.hertz, artist, track)
	for _, b := range all {
		options := ""
		if !b.IsOgg() {
			options = `format="audio/aac", icy_metadata="true", `
		}
		script += fmt.Sprintf(`output.icecast(%s, %smount="%s", fallible=true, host="%s", port=%s, user="source", password="%s", name="%s", genre="%s", tone)
`, encoder[b.Key()], options, b.mount, b.host, b.port, b.SourcePassword, b.name, genre)
	}
	harness.KeepRunning(t, atHome(t, t.TempDir(), "liquidsoap", harness.WriteFile(t, "radio.liq", script)))
}
