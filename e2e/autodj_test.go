package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A station of files: in sequence, what is broken skipped, what comes later
// taken in, skip and queue by the operator, and back after a live source.
func TestAutoDJ(t *testing.T) {
	music := filepath.Join(t.TempDir(), "My Station")
	if err := os.Mkdir(music, 0o700); err != nil {
		t.Fatal(err)
	}
	tone := tagged(t, toneFile(t, 440, 20*time.Second), "", "")
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
	r := start(t, config+"[[mount]]\nname = '/live'\ngrace = '0s'\nfiles = { paths = ['"+music+"'], order = 'sequence', rescan = '1s' }\n")
	plays := func(title string) {
		t.Helper()
		eventually(t, title, func() bool { return r.source(t, "/live").Title == title })
	}
	do := func(command, want string) {
		t.Helper()
		if _, body := r.admin(t, "/admin/"+command); !strings.Contains(body, want) {
			t.Errorf("%s: %s", command, body)
		}
	}
	plays("a one")
	if got := r.source(t, "/live").ServerName; got != "My Station" {
		t.Errorf("the station is called %q", got)
	}
	do("skip?mount=/live", "<message>Track skipped</message>")
	plays("c three")
	if !strings.Contains(r.log.String(), "track skipped: it holds no MP3 frame") {
		t.Error("the log does not name the broken file")
	}
	add("d four.mp3")
	eventually(t, "the rescan", func() bool { return strings.Contains(r.log.String(), "the music has changed") })
	do("queue?mount=/live&file=a+one.mp3", "<message>Track queued</message>")
	do("queue?mount=/live", "<track><title>a one</title></track>")
	do("queue?mount=/live&file=../secret.mp3", "there is no ../secret.mp3 among the music")
	do("queue?mount=/other", "has no music of its own")
	do("skip?mount=/live", "Track skipped")
	plays("a one")
	do("skip?mount=/live", "Track skipped")
	plays("d four")

	e := r.encode(t, "/live", "ice-name: DJ")
	e.frames(t, 50)
	eventually(t, "the DJ", func() bool { return r.source(t, "/live").ServerName == "DJ" })
	e.Close()
	plays("d four")
	p := r.tune(t, "/live")
	for range 350 { // until the burst holds nothing but the tone
		if _, err := p.frame(); err != nil {
			t.Fatal(err)
		}
	}
	r.hears(t, "/live", 440)
}
