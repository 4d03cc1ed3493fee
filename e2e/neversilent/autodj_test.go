package neversilent

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"relay/e2e/harness"
)

// A station of files plays them in sequence, skips broken ones, adds new ones, obeys
// the operator's skip and queue, and returns after a live source.
func TestAutoDJ(t *testing.T) {
	t.Parallel()
	music := filepath.Join(t.TempDir(), "My Station")
	if err := os.Mkdir(music, 0o700); err != nil {
		t.Fatal(err)
	}
	tone := harness.Tagged(t, harness.ToneFile(t, 440, 20*time.Second), "", "")
	add := func(name string) {
		t.Helper()
		audio, err := os.ReadFile(tone)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(music, name), audio, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	add("a one.mp3")
	add("c three.mp3")
	os.WriteFile(filepath.Join(music, "b broken.mp3"), []byte("this is no music"), 0o600)
	os.Mkdir(filepath.Join(music, "b folder.mp3"), 0o700)
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\ngrace = '0s'\nfiles = { paths = ['"+music+"'], order = 'sequence', rescan = '1s' }\n")
	plays := func(title string) {
		t.Helper()
		harness.Eventually(t, title, func() bool { return r.Source(t, "/live").Title == title })
	}
	do := func(command, want string) {
		t.Helper()
		if _, body := r.Admin(t, "/admin/"+command); !strings.Contains(body, want) {
			t.Errorf("%s: %s", command, body)
		}
	}
	plays("a one")
	if got := r.Source(t, "/live").ServerName; got != "My Station" {
		t.Errorf("the station is called %q", got)
	}
	do("skip?mount=/live", "<message>Track skipped</message>")
	plays("c three")
	harness.Eventually(t, "the broken file in the log", func() bool { return strings.Contains(r.Log.String(), "track skipped: it cannot be played") })
	add("d four.mp3")
	harness.Eventually(t, "the rescan", func() bool { return strings.Contains(r.Log.String(), "the music has changed") })
	do("queue?mount=/live&file=a+one.mp3", "<message>Track queued</message>")
	do("queue?mount=/live", "<track><title>a one</title><file>a one.mp3</file><queued>1</queued></track>"+
		"<track><title>d four</title><file>d four.mp3</file></track>")
	do("queue?mount=/live&file=../secret.mp3", "there is no ../secret.mp3 among the music")
	do("queue?mount=/live&file=/etc/passwd", "there is no /etc/passwd among the music")
	do("queue?mount=/live&action=add", "Missing parameter")
	do("queue?mount=/live&action=dance", "Mount request unknown")
	do("queue?mount=/other", "has no music of its own")
	do("queue", "Unknown admin request")
	if status, _, _ := r.Request(t, http.MethodGet, "/admin/skip?mount=/live", "", ""); status != http.StatusUnauthorized {
		t.Errorf("skip without a login: %d", status)
	}
	if status, _, _ := r.Request(t, http.MethodGet, "/admin/queue?mount=/live", "source", r.SourcePassword); status != http.StatusOK {
		t.Errorf("the queue with the source's login: %d", status)
	}
	do("skip?mount=/live", "Track skipped")
	plays("a one")
	do("skip?mount=/live", "Track skipped")
	plays("d four")

	e := r.Encode(t, "/live", "ice-name: DJ")
	e.Frames(t, 50)
	harness.Eventually(t, "the DJ", func() bool { return r.Source(t, "/live").ServerName == "DJ" })
	e.Close()
	plays("d four")
	p := r.Tune(t, "/live")
	for range 350 { // until the burst has nothing but the tone
		if _, err := p.Frame(); err != nil {
			t.Fatal(err)
		}
	}
	r.Hears(t, "/live", 440)
}

// A listener of a folder hears its files in order, one directly after the other, a
// jingle after every two, and a file that was added.
func TestAutoDJIsHeard(t *testing.T) {
	t.Parallel()
	music, jingles := t.TempDir(), t.TempDir()
	add := func(folder, name string, hertz int) {
		t.Helper()
		audio, err := os.ReadFile(harness.ToneFile(t, hertz, 3*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		os.WriteFile(filepath.Join(folder, "."+name), audio, 0o600)
		if err := os.Rename(filepath.Join(folder, "."+name), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	add(music, "a.mp3", 440)
	add(music, "c.mp3", 660)
	add(jingles, "jingle.mp3", 1200)
	os.WriteFile(filepath.Join(music, "b.mp3"), nil, 0o600)
	if err := syscall.Mkfifo(filepath.Join(music, "b pipe.mp3"), 0o600); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "list.m3u")
	os.WriteFile(list, []byte("\ufeff#EXTM3U\r\nnothere.mp3\r\nhttp://radio.example/\r\n"), 0o600)
	r := harness.Start(t, harness.Config+fmt.Sprintf(
		"[[mount]]\nname = '/live'\n[mount.files]\npaths = ['%s', '%s']\norder = 'sequence'\nrescan = '1s'\njingles = ['%s']\njingle_every = 2\n", music, list, jingles))
	harness.Eventually(t, "music", func() bool { return r.Source(t, "/live").Title == "a" })
	add(music, "d.mp3", 880)
	harness.Eventually(t, "the new file", func() bool { return r.Source(t, "/live").Title == "d" })

	p := r.Tune(t, "/live", "Icy-MetaData: 1")
	var audio []byte
	for range 38 * 22 {
		frame, err := p.Frame()
		if err != nil {
			t.Fatal(err)
		}
		audio = append(audio, frame...)
	}
	heard, silence := tones(harness.Decode(t, audio), 440, 660, 880, 1200)
	t.Logf("heard %v Hz, with up to %v of silence", heard, silence)
	var songs []int
	sinceJingle := 0
	for i, tone := range heard {
		switch {
		case tone != 1200:
			songs = append(songs, tone)
			if sinceJingle++; sinceJingle > 2 {
				t.Errorf("no jingle after two tracks: %v", heard)
			}
		case i > 0 && sinceJingle != 2 && len(songs) > 2:
			t.Errorf("a jingle after %d tracks: %v", sinceJingle, heard)
			fallthrough
		default:
			sinceJingle = 0
		}
	}
	next := map[int]int{440: 660, 660: 880, 880: 440}
	for i := 1; i < len(songs); i++ {
		if next[songs[i-1]] != songs[i] {
			t.Errorf("%d Hz after %d: %v", songs[i], songs[i-1], heard)
		}
	}
	if len(songs) < 4 || len(songs) == len(heard) {
		t.Errorf("heard no more than %v", heard)
	}
	if silence > 150*time.Millisecond { // the encoder's own, at both ends of a file
		t.Errorf("%v of silence between files", silence)
	}
	if titles := strings.Join(p.Titles, " "); strings.Contains(titles, "jingle") || !strings.Contains(titles, "a c") {
		t.Errorf("titles %q", titles)
	}
	r.Says(t, "b.mp3", "not a plain file", "there is no file nothere.mp3", "addresses are not played")
}

// tones returns which of the known tones are heard, in order, and the longest
// silence.
func tones(samples []int16, known ...int) (heard []int, silence time.Duration) {
	const rate, window = 44100, 44100 / 10
	quiet, longest, before := 0, 0, 0
	for _, s := range samples {
		if quiet++; s > 300 || s < -300 {
			quiet = 0
		}
		longest = max(longest, quiet)
	}
	for ; len(samples) >= window; samples = samples[window:] {
		now := 0
		for _, tone := range known {
			crossings := 0
			for i := 1; i < window; i++ {
				if samples[i-1] < 0 && samples[i] >= 0 {
					crossings++
				}
			}
			if wanted := tone / 10; crossings >= wanted-2 && crossings <= wanted+2 {
				now = tone
			}
		}
		// Require two equal windows: one at the border of two tones may look like a
		// third.
		if now != 0 && now == before && (len(heard) == 0 || heard[len(heard)-1] != now) {
			heard = append(heard, now)
		}
		before = now
	}
	return heard, time.Duration(longest) * time.Second / rate
}
