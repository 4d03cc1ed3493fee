package compatibility

import (
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// codedStation is a station in one of the codecs beside MP3.
type codedStation struct {
	station
	harness.Coding
}

// onAirIn puts a station on the air, and waits until the whole burst of a new listener
// has its title.
func onAirIn(t testing.TB, r *harness.Relay, c harness.Coding, mount string, hertz int) codedStation {
	t.Helper()
	c.Broadcast(t, r, mount, hertz, "-metadata", "artist="+artist, "-metadata", "title="+track, "-ice_name", stationName, "-ice_genre", stationGenre)
	harness.Eventually(t, "the source of "+mount, func() bool { return r.Source(t, mount).ServerName == stationName })
	if !c.IsOgg() {
		r.SetTitle(t, mount, stationTitle)
	}
	p := r.Tune(t, mount, "Icy-MetaData: 1")
	defer p.Close()
	var before time.Duration // of the title, in the audio
	c.Take(t, p, func(_ []byte, length time.Duration) bool {
		if p.Title != stationTitle {
			before = length
		}
		return length >= before+10*time.Second
	})
	return codedStation{station{r, mount, hertz}, c}
}

// Every program that plays a codec hears the tone, wherever it joins, reports no damaged
// audio, and shows as much of the station as it can.
func TestCompatibilityCodecListeners(t *testing.T) {
	r := harness.Start(t, harness.Config)
	for i, c := range harness.BesideMP3 {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			s := onAirIn(t, r, c, c.Mount("tone"), 630+70*i)
			s.row("curl", "with Icy-MetaData", "curl", "--version").test(t, s.curlWithMetadata)
			s.row("MPD", "mpc add URL", "mpd", "--version").test(t, s.mpd)
			for _, l := range s.tuners() {
				l.test(t, func(t *testing.T, checked *checks) {
					t.Parallel()
					l.plays(t, s.station, checked)
				})
			}
		})
	}
}

// row returns a listener's row of the table.
func (s codedStation) row(program, way, command string, version ...string) client {
	return listener(program, strings.TrimSuffix(s.Coding.String()+", "+way, ", "), command, version...)
}

// curlWithMetadata: curl asks for metadata, and gets it at the interval in the head of
// the answer.
func (s codedStation) curlWithMetadata(t *testing.T, checked *checks) {
	p, audio := s.recordedByCurl(t)
	s.isTone(t, harness.Pitch(s.Decode(t, audio)))
	checked.ok("tone")
	checked.ok("no decoder complaint")
	checked.same(t, "type", p.Header["content-type"], s.MediaType())
	checked.same(t, "name", p.Header["icy-name"], stationName)
	checked.same(t, "genre", p.Header["icy-genre"], stationGenre)
	checked.same(t, "title", strings.Join(p.Titles, ", "), stationTitle)
}

// enoughSound is the size of a file with 4 s of mono at 44.1 kHz in 16 bits.
const enoughSound = 4 * 44100 * 2

// tuners returns the programs that play the codec. Where the position in an Ogg stream is
// that of the mount, programs must be stopped by what they have played.
func (s codedStation) tuners() []tuner {
	vlcRow := s.row("VLC", "URL", "vlc", "--version")
	vlcRow.unprivileged = true
	all := []tuner{
		{
			client: s.row("FFmpeg", "ffmpeg -i URL", "ffmpeg", "-version"),
			args: func(url, file string) []string {
				return []string{"-nostdin", "-v", "level+info", "-xerror", "-i", url, "-t", "4", "-af", "asetpts=N/SR/TB", file}
			},
			sound: "wav", complaint: `\[(warning|error|fatal)\]`,
			shows: shown{name: `icy-name +: Tone Radio`, genre: `icy-genre +: Test Tones`},
		},
		{
			client: s.row("GStreamer", "souphttpsrc iradio-mode", "gst-launch-1.0", "--gst-version"),
			args: func(url, file string) []string {
				return []string{"-t", "souphttpsrc", "location=" + url, "iradio-mode=true", "num-buffers=14", "!", "icydemux", "!", "decodebin",
					"!", "audioconvert", "!", "wavenc", "!", "filesink", "location=" + file}
			},
			sound: "wav", complaint: `WARNING|ERROR`,
			shows: shown{title: `title: (An Artist - )?A Title`},
		},
		{
			client: s.row("mpv", "URL", "mpv", "--version"),
			args: func(url, file string) []string {
				return []string{"--no-config", "--no-video", "--ao=pcm", "--ao-pcm-file=" + file,
					"--msg-level=all=warn,display-tags=info", "--display-tags=*", url}
			},
			sound: "wav", enough: 8 * enoughSound, complaint: `(?m)^\[`, // a warning of a module
			shows: shown{name: `icy-name: Tone Radio`, genre: `icy-genre: Test Tones`, title: `(icy-title: An Artist - |TITLE: )A Title`},
		},
		{
			client: vlcRow,
			args: func(url, file string) []string {
				return []string{"-I", "dummy", "-vv", "--no-color", "--aout=afile", "--audiofile-file=" + file, url}
			},
			sound: "wav", enough: 3 * enoughSound, complaint: `(decoder|demux|packetizer) error:`,
			shows: shown{`Icy-Name: Tone Radio`, `Icy-Genre: Test Tones`, `Meta-Info: icy-br: \d`, `Icy-Title=An Artist - A Title`},
		},
	}
	mplayer := tuner{
		client: s.row("MPlayer", "URL", "mplayer", "-really-quiet"), // Debian's does not print its version
		args: func(url, file string) []string {
			return []string{"-noconfig", "all", "-nolirc", "-nojoystick", "-noconsolecontrols", "-prefer-ipv4", "-vo", "null", "-cache", "64",
				"-ao", "pcm:fast:file=" + file, url}
		},
		sound: "wav", enough: 4 * enoughSound,
		shows: shown{name: `Name +: Tone Radio`, genre: `Genre +: Test Tones`},
	}
	if !s.IsOgg() { // it does not remove ICY's blocks from Ogg, so it gets none
		mplayer.shows.title = `StreamTitle='An Artist - A Title'`
	}
	all = append(all, mplayer)
	if s.Key() == "vorbis" { // ogg123 plays neither AAC nor Opus, and FLAC not from a server
		all = append(all, tuner{
			client: s.row("ogg123", "URL", "ogg123", "--version"),
			args:   func(url, file string) []string { return []string{"-d", "wav", "-f", file, url} },
			sound:  "wav", enough: 2 * enoughSound, complaint: `(?i)warning|error|hole`,
		})
	}
	return all
}
