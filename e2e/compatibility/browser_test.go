package compatibility

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"relay/e2e/harness"
)

// browserPage plays a stream from another origin, and reads and decodes it by
// script too, as web players do. It tells its own server what came of it.
const browserPage = `<!doctype html><audio id="a" autoplay muted crossorigin src="%[1]s"></audio><script>
const a = document.getElementById("a");
const tell = (what, value) => fetch("/told?what=" + what + "&value=" + encodeURIComponent(value));
a.onerror = () => tell("failed", a.error.message);
const clock = setInterval(() => {
  if (a.currentTime < 2) return;
  clearInterval(clock);
  tell("audio element", "plays");
}, 100);
fetch("%[1]s", {headers: {"Icy-MetaData": "1"}}).then(async (answer) => {
  const distance = Number(answer.headers.get("icy-metaint")), stream = answer.body.getReader();
  let bytes = [], sound = [], text = "";
  const take = async (n) => {
    while (bytes.length < n) bytes = bytes.concat(Array.from((await stream.read()).value));
    return bytes.splice(0, n);
  };
  for (let blocks = 0; blocks < 3; blocks++) {
    sound = sound.concat(await take(distance));
    text += String.fromCharCode(...await take(16 * (await take(1))[0]));
  }
  stream.cancel();
  tell("name", answer.headers.get("icy-name"));
  tell("genre", answer.headers.get("icy-genre"));
  tell("bit rate", answer.headers.get("icy-br"));
  tell("title", /StreamTitle='(.*?)';/.exec(text)[1]);
  const decoder = new OfflineAudioContext(1, 44100, 44100);
  const wave = (await decoder.decodeAudioData(Uint8Array.from(sound).buffer)).getChannelData(0);
  let crossings = 0;
  for (let i = 44100; i < 2 * 44100; i++) if (wave[i - 1] < 0 && wave[i] >= 0) crossings++;
  tell("tone", crossings);
}).catch((e) => tell("failed", e));
</script>`

// A browser plays what a page of another origin tells it to.
type browser struct {
	client
	args func(home, page string) []string
}

var browsers = []browser{
	{
		client: listener("Chromium", browserWay, "chromium", "--version"),
		args: func(home, page string) []string {
			return []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
				"--disable-background-networking", "--disable-component-update", "--disable-sync", "--proxy-server=127.0.0.1:9",
				"--autoplay-policy=no-user-gesture-required", "--user-data-dir=" + home, "--remote-debugging-port=0", page}
		},
	},
	{
		client: listener("Firefox", browserWay, "firefox-esr", "--version"),
		args: func(home, page string) []string {
			return []string{"--headless", "--no-remote", "--profile", home, page}
		},
	},
}

const browserWay = "audio element and fetch with Icy-MetaData, from another origin"

// firefoxPrefs let a page play without a click, and nothing leave this
// machine: all that is not local goes to a proxy that is not there.
const firefoxPrefs = `
user_pref("media.autoplay.default", 0);
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
`

// plays checks a browser's row: a script gets metadata there, which takes a
// CORS preflight and exposed headers.
func (b browser) plays(t *testing.T, s station, checked *checks) {
	type told struct{ what, value string }
	tells := make(chan told, 10)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, browserPage, s.URL(s.mount))
		case "/told":
			tells <- told{req.FormValue("what"), req.FormValue("value")}
		}
	}))
	defer page.Close()
	home := b.home(t)
	if err := os.WriteFile(filepath.Join(home, "user.js"), []byte(firefoxPrefs), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(harness.Program(t, b.command), b.args(home, page.URL)...)
	b.settle(cmd, home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	}()
	want := map[string]string{
		"audio element": "plays", "tone": "", "name": stationName, "genre": stationGenre, "bit rate": "128", "title": stationTitle,
	}
	for len(want) > 0 {
		select {
		case told := <-tells:
			value, expected := want[told.what]
			if told.what == "tone" {
				hertz, _ := strconv.ParseFloat(told.value, 64)
				s.isTone(t, hertz)
			} else if !expected || told.value != value {
				t.Fatalf("the browser says %q of the %s, want %q", told.value, told.what, value)
			}
			delete(want, told.what)
		case <-time.After(2 * harness.Patience):
			t.Fatalf("the browser did not tell of %v", want)
		}
	}
	for _, what := range []string{"audio element", "tone", "name", "genre", "bit rate", "title"} {
		checked.ok(what)
	}
}
