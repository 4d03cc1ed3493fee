package compatibility

import (
	"net"
	"testing"
	"time"

	"relay/e2e/harness"
)

// A broadcast is what a source program is to send, and the server and mount to send
// it to.
type broadcast struct {
	*harness.Relay
	host, port, mount string
	hertz             int
	name              string
}

const (
	genre         = "Test Tone"
	artist, track = "An Artist", "A Title"
	title         = artist + " - " + track

	// slowStart bounds how long a program may take to start: Liquidsoap first reads
	// its whole library, for half a minute of CPU time.
	slowStart = 3 * time.Minute
)

// Real encoders play their own tones, with their stations' names and titles.
func TestCompatibilitySources(t *testing.T) {
	t.Parallel()
	packaged := func(name string) []string { return []string{"dpkg-query", "-W", "-f", "${Version}", name} }
	var (
		butt       = client{program: "butt", command: "butt", version: []string{"-v"}}
		curl       = client{program: "curl", command: "curl", version: []string{"--version"}}
		darkice    = client{program: "darkice", command: "darkice"}
		ezstream   = client{program: "ezstream", command: "ezstream", version: []string{"-V"}}
		ffmpeg     = client{program: "ffmpeg", command: "ffmpeg", version: []string{"-version"}}
		gstreamer  = client{program: "GStreamer", command: "gst-launch-1.0", version: packaged("gstreamer1.0-tools")}
		liquidsoap = client{program: "liquidsoap", command: "liquidsoap", version: []string{"--version"}}
		mixxx      = client{program: "Mixxx", command: "mixxx", version: packaged("mixxx")}
		mpd        = client{program: "MPD", command: "mpd", version: []string{"--version"}}
		shout      = client{program: "shout (libshout)", command: "shout", version: packaged("libshout-tools")}
		vlc        = client{program: "VLC", command: "vlc-wrapper", version: packaged("vlc-bin")}
	)
	const own, music, shoutcast = "/own.mp3", "/live", "/sc.mp3"
	const silent, titled = false, true
	const varies = 0
	tests := []struct {
		client
		way    string
		mount  string
		kbps   int
		titles bool // the program can set them
		start  func(t *testing.T, b broadcast)
	}{
		{butt, "PUT", own, 128, titled, buttSource(buttIcecast)},
		{butt, "SHOUTcast", shoutcast, 128, titled, buttSource(buttShoutcast)},
		{curl, "PUT, chunked", own, 128, titled, curlSource("-H", "Expect:")},
		{curl, "PUT, chunked, Expect", own, 128, titled, curlSource()},
		{darkice, "SOURCE", own, 128, silent, darkiceSource},
		{ezstream, "SOURCE", own, 128, titled, ezstreamSource("HTTP")},
		{ezstream, "SHOUTcast", shoutcast, 128, titled, ezstreamSource("ICY")},
		{ffmpeg, "PUT, taking over from music", music, 128, silent, ffmpegSource("-b:a", "128k")},
		{ffmpeg, "PUT, variable bit rate", own, varies, silent, ffmpegSource("-q:a", "4")},
		{ffmpeg, "SOURCE, 22.05 kHz", own, 64, silent, ffmpegSource("-b:a", "64k", "-ar", "22050", "-legacy_icecast", "1")},
		{gstreamer, "SOURCE", own, 128, titled, gstreamerSource("http")},
		{gstreamer, "SHOUTcast", shoutcast, 128, titled, gstreamerSource("icy")},
		{liquidsoap, "PUT", own, 128, titled, liquidsoapSource(`icecast(method="put", mount=mount, `)},
		{liquidsoap, "PUT, chunked", own, 128, titled, liquidsoapSource(`icecast(method="put", chunked=true, mount=mount, `)},
		{liquidsoap, "SHOUTcast", shoutcast, 128, titled, liquidsoapSource(`shoutcast(`)},
		{liquidsoap, "SOURCE", own, 128, titled, liquidsoapSource(`icecast(mount=mount, `)},
		{mixxx, "SOURCE", own, 128, titled, mixxxSource("Icecast2")},
		{mixxx, "SHOUTcast", shoutcast, 128, titled, mixxxSource("Shoutcast")},
		{mpd, "SOURCE", own, 128, titled, mpdSource("icecast2")},
		{mpd, "SHOUTcast", shoutcast, 128, titled, mpdSource("shoutcast")},
		{shout, "SOURCE", own, 128, silent, shoutSource},
		{vlc, "SOURCE", own, 128, silent, vlcSource},
		{vlc, "SHOUTcast", shoutcast, 128, silent, vlcSource},
	}
	for i, tt := range tests {
		c := tt.client
		c.role, c.way = "source", tt.way
		c.test(t, func(t *testing.T, checked *checks) {
			if tt.program != mixxx.program { // one at a time: it needs a whole core
				t.Parallel()
			}
			var r *harness.Relay
			switch tt.mount {
			case music:
				r = harness.Run(t, "-listen", "127.0.0.1:0")
			case shoutcast:
				r = harness.StartBeside(t)
			default:
				r = harness.Start(t, harness.Config)
			}
			b := broadcast{Relay: r, mount: tt.mount, hertz: 400 + 30*i, name: "From " + tt.program}
			b.host, b.port, _ = net.SplitHostPort(r.Addr)
			tt.start(t, b)
			harness.EventuallyIn(t, slowStart, "the name", func() bool { return r.Source(t, b.mount).ServerName == b.name })
			checked.ok("name")
			if got := r.Source(t, b.mount).Genre; got != genre {
				t.Errorf("genre %q, want %q", got, genre)
			}
			checked.ok("genre")
			if tt.kbps != varies {
				harness.Eventually(t, "the bit rate", func() bool { return r.Source(t, b.mount).BitRate == tt.kbps })
				checked.ok("bit rate")
			}
			if tt.titles {
				harness.Eventually(t, "the title", func() bool { return r.Source(t, b.mount).Title == title })
				checked.ok("title")
			}
			if tt.mount == music { // until the burst has nothing but the tone
				p := r.Tune(t, b.mount)
				for range 300 {
					if _, err := p.Frame(); err != nil {
						t.Fatal(err)
					}
				}
			}
			switch tt.program {
			case butt.program, darkice.program, mixxx.program:
				r.EventuallyHears(t, b.mount, b.hertz)
			default:
				r.Hears(t, b.mount, b.hertz)
			}
			checked.ok("tone")
			checked.ok("no decoder complaint")
		})
	}
}
