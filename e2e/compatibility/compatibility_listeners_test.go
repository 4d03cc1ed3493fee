package compatibility

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// A station is a mount that plays one tone under one title.
type station struct {
	*harness.Relay
	mount string
	hertz int
}

// The name, genre and title of every station.
const stationName, stationGenre, stationTitle = "Tone Radio", "Test Tones", "An Artist - A Title"

// onAir puts a station on the air, and waits until the whole burst of a new listener
// has its title.
func onAir(t testing.TB, r *harness.Relay, mount string, hertz int) station {
	t.Helper()
	harness.KeepRunning(t, exec.Command(harness.Program(t, "ffmpeg"), "-v", "warning", "-re", "-f", "lavfi", "-i", harness.Sine(hertz, time.Hour), "-ac", "2",
		"-c:a", "libmp3lame", "-b:a", "128k", "-content_type", "audio/mpeg", "-ice_name", stationName, "-ice_genre", stationGenre,
		"-f", "mp3", fmt.Sprintf("icecast://source:%s@%s%s", r.SourcePassword, r.Addr, mount)))
	harness.Eventually(t, "the source", func() bool { return r.Source(t, mount).BitRate == 128 })
	r.SetTitle(t, mount, stationTitle)
	p := r.Tune(t, mount, "Icy-MetaData: 1")
	defer p.Close()
	for left := 200; left > 0; { // number of frames, more than a burst
		if _, err := p.Frame(); err != nil {
			t.Fatal(err)
		}
		if p.Title == stationTitle {
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

// Every program plays the tone that the source sends, wherever it joins, reports no
// damaged audio, and shows as much of the station as it can.
func TestCompatibilityListeners(t *testing.T) {
	t.Parallel()
	s := onAir(t, harness.Start(t, harness.Config), "/tone.mp3", 630)
	listener("curl", "with Icy-MetaData", "curl", "--version").test(t, s.curlWithMetadata)
	listener("MPD", "mpc add URL", "mpd", "--version").test(t, s.mpd)
	for _, b := range browsers {
		b.test(t, func(t *testing.T, checked *checks) {
			t.Parallel()
			b.plays(t, s, checked)
		})
	}
	for _, l := range tuners {
		l.test(t, func(t *testing.T, checked *checks) {
			t.Parallel()
			l.plays(t, s, checked)
		})
	}
}

// curlWithMetadata: curl asks for metadata, and gets it between the frames at the
// interval in the head of the answer.
func (s station) curlWithMetadata(t *testing.T, checked *checks) {
	p, audio := s.recordedByCurl(t)
	s.isTone(t, harness.Pitch(harness.Decode(t, audio)))
	checked.ok("tone")
	checked.ok("no decoder complaint")
	checked.same(t, "name", p.Header["icy-name"], stationName)
	checked.same(t, "genre", p.Header["icy-genre"], stationGenre)
	checked.same(t, "bit rate", p.Header["icy-br"], "128")
	checked.same(t, "title", strings.Join(p.Titles, ", "), stationTitle)
}

// recordedByCurl returns what curl gets if it asks for metadata: the audio, and a player
// with the rest. The last metadata block may be incomplete.
func (s station) recordedByCurl(t *testing.T) (p *harness.Player, audio []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "recorded")
	curl := tuner{
		client: client{command: "curl"},
		args: func(url, file string) []string {
			return []string{"-sS", "-i", "-H", "Icy-MetaData: 1", "-o", file, url}
		},
		enough: 60000,
	}
	curl.listen(t, s.URL(s.mount), file)
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p = &harness.Player{In: bufio.NewReader(f)}
	p.ReadHead(t)
	audio, _ = io.ReadAll(p)
	return p, audio
}

// mpd plays into a pipe; mpc shows what it plays.
func (s station) mpd(t *testing.T, checked *checks) {
	recorded := filepath.Join(t.TempDir(), "recorded.raw")
	mpd := harness.PlayMPD(t, s.URL(s.mount), 1, "exec cat >'"+recorded+"'")
	harness.Eventually(t, "name and title", func() bool {
		shown, _ := mpd.Tell(t, "-f", "%name%: %title%", "current")
		return shown == stationName+": "+stationTitle
	})
	checked.ok("name")
	checked.ok("title")
	harness.Eventually(t, "the sound", func() bool { return harness.SizeOf(recorded) > 300000 })
	s.isTone(t, harness.Pitch(harness.DecodeFile(t, recorded)))
	checked.ok("tone")
}
