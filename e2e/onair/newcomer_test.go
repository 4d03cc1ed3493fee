package onair

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"relay/e2e/harness"
	"relay/internal/interlude"
)

// hears checks that /live plays MP3.
func hears(t *testing.T, r *harness.Relay) {
	t.Helper()
	harness.Eventually(t, "/live", func() bool {
		_, _, status := r.Get(t, "/status-json.xsl")
		return strings.Contains(status, "/live")
	})
	l := r.Ask(t, "GET /live HTTP/1.0\r\n\r\n")
	defer l.Close()
	for range 20 {
		if _, err := l.Frame(); err != nil {
			t.Fatal(err)
		}
	}
}

// If no file can be played, the server does not play silence as "on the air": it logs
// the fault and the remedy, and plays the interlude until there is something better.
func TestMusicThatCannotBePlayed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		files map[string]string
		told  string
	}{
		"empty":   {nil, "there is no music in "},
		"others":  {map[string]string{"a.m4a": "x", "b.ogg": "x", "c.ogg": "x"}, "a.m4a"},
		"corrupt": {map[string]string{"a.mp3": strings.Repeat("no music ", 1000), "b.mp3": ""}, "none of the 2 files in "},
		"foreign": {map[string]string{"a.mp3": "OggS\x00\x02" + strings.Repeat("\x00", 22) + "\x01vorbis"}, "it begins as Ogg Vorbis"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, content := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r := harness.Run(t, "-listen", "127.0.0.1:0", dir)
			if out := r.Out.String(); strings.Contains(out, "on the air") || !strings.Contains(out, tt.told) {
				t.Errorf("it says %s", out)
			}
			hears(t, r)
			if err := os.WriteFile(filepath.Join(dir, "Mine.mp3"), interlude.MP3, 0o600); err != nil {
				t.Fatal(err)
			}
			harness.Eventually(t, "the file that has come", func() bool {
				_, _, status := r.Get(t, "/status-json.xsl")
				return strings.Contains(status, "Mine")
			})
		})
	}
}

// The configuration of relay init plays music at the announced address, and accepts
// programs of SHOUTcast's first protocol.
func TestInitIsOnTheAir(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relay.toml")
	if out, err := exec.Command(harness.Binary, "init", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r := harness.Run(t, "-c", path, "-listen", "127.0.0.1:0")
	for _, text := range []string{"on the air", "/live", "SHOUTcast v1 to "} {
		harness.Eventually(t, text+" in the banner", func() bool { return strings.Contains(r.Out.String(), text) })
	}
	hears(t, r)
}

// The second port of a configuration that relay init has written accepts a source of
// SHOUTcast's first protocol with the printed password, and /live plays it.
func TestInitTakesShoutcastSources(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relay.toml")
	out, err := exec.Command(harness.Binary, "init", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	password := regexp.MustCompile(`user source +password (\S+)`).FindSubmatch(out)
	if password == nil {
		t.Fatalf("no password in\n%s", out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	second := harness.FreePort(t) // tests run at once, and init's default port is the same for all
	moved := strings.NewReplacer(`":8001"`, `"`+second+`"`, `#listen           = [":8000"]`, `listen = ["127.0.0.1:0"]`).Replace(string(text))
	if !strings.Contains(moved, second) || !strings.Contains(moved, "127.0.0.1:0") {
		t.Fatalf("it is\n%s", text)
	}
	if err := os.WriteFile(path, []byte(moved), 0o600); err != nil {
		t.Fatal(err)
	}
	r := harness.Run(t, "-c", path)
	r.At(second).Shoutcast(t, string(password[1])+"\r\n", "icy-name:From a SHOUTcast program\r\n\r\n").Frames(t, 100)
	harness.Eventually(t, "the source on /live", func() bool {
		_, _, status := r.Get(t, "/status-json.xsl")
		return strings.Contains(status, "/live") && strings.Contains(status, "From a SHOUTcast program")
	})
	hears(t, r)
}
