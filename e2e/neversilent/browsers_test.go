package neversilent

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"relay/e2e/harness"
)

// A browser plays a mount in a plain audio element, and says every half second how far
// it has come.
type browser struct {
	name string

	mu      sync.Mutex
	at      float64 // seconds
	problem string
}

// browserPage has the element of a station's page, muted, since this machine may have no
// sound card.
const browserPage = `<!DOCTYPE html><meta charset="utf-8"><title>radio</title>
<audio id="radio" src="%s" autoplay muted></audio>
<script>
const radio = document.getElementById("radio");
const tell = problem => fetch("/told?at=" + radio.currentTime + "&problem=" + encodeURIComponent(problem)).catch(() => {});
radio.addEventListener("error", () => tell("error " + radio.error.code + ": " + radio.error.message));
radio.addEventListener("ended", () => tell("the stream has ended"));
radio.addEventListener("pause", () => tell("paused"));
setInterval(() => tell(radio.error ? "error " + radio.error.code + ": " + radio.error.message : ""), 500);
</script>`

// arguments of browsers that play without a click, and without any traffic beyond this
// machine.
var browserArguments = map[string]func(home, page string) []string{
	"chromium": func(home, page string) []string {
		return []string{"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--mute-audio", "--disable-background-networking",
			"--disable-component-update", "--disable-sync", "--proxy-server=127.0.0.1:9", "--autoplay-policy=no-user-gesture-required",
			"--user-data-dir=" + home, "--remote-debugging-port=0", page}
	},
	"firefox-esr": func(home, page string) []string {
		return []string{"--headless", "--no-remote", "--profile", home, page}
	},
}

const firefoxPreferences = `
user_pref("media.autoplay.default", 0);
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
`

// startBrowser starts a browser that plays a mount until the test ends.
func startBrowser(t testing.TB, r *harness.Relay, name, mount string) *browser {
	t.Helper()
	b := &browser{name: name}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, browserPage, r.URL(mount))
		case "/told":
			at, _ := strconv.ParseFloat(req.FormValue("at"), 64)
			b.note(at, req.FormValue("problem"))
		}
	}))
	t.Cleanup(page.Close)
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "user.js"), []byte(firefoxPreferences), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(harness.Program(t, name), browserArguments[name](home, page.URL)...)
	cmd.Env = append(os.Environ(), "HOME="+home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	})
	return b
}

func (b *browser) note(at float64, problem string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = at
	if b.problem == "" {
		b.problem = problem
	}
}

func (b *browser) is() (at float64, problem string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at, b.problem
}

// playsOn waits until the browser has played another second. A problem fails the test.
func (b *browser) playsOn(t testing.TB, when string) {
	t.Helper()
	before, _ := b.is()
	harness.Eventually(t, b.name+" playing "+when, func() bool {
		at, problem := b.is()
		if problem != "" {
			t.Fatalf("%s, %s, at %.1f s: %s", b.name, when, at, problem)
		}
		return at >= before+1
	})
}
