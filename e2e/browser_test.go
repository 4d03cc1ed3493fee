package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// browserPage plays a stream from another origin, measures what it hears, and
// reads the stream by script, as web players do. It tells its own server what
// came of it.
const browserPage = `<!doctype html><audio id="a" autoplay crossorigin src="%[1]s"></audio><script>
const a = document.getElementById("a");
const tell = (what, value) => fetch("/told?what=" + what + "&value=" + encodeURIComponent(value));
a.onerror = () => tell("failed", a.error.message);
const context = new AudioContext(), ear = context.createAnalyser();
ear.fftSize = 32768;
context.createMediaElementSource(a).connect(ear).connect(context.destination);
const clock = setInterval(() => {
  if (a.currentTime < 2) return;
  clearInterval(clock);
  const bins = new Float32Array(ear.frequencyBinCount);
  ear.getFloatFrequencyData(bins);
  tell("tone", bins.indexOf(Math.max(...bins)) * context.sampleRate / ear.fftSize);
}, 100);
fetch("%[1]s", {headers: {"Icy-MetaData": "1"}}).then(async (answer) => {
  const distance = Number(answer.headers.get("icy-metaint")), stream = answer.body.getReader();
  let sound = [];
  while (sound.length <= distance || sound.length <= distance + 16 * sound[distance])
    sound = sound.concat(Array.from((await stream.read()).value));
  stream.cancel();
  const block = String.fromCharCode(...sound.slice(distance + 1, distance + 1 + 16 * sound[distance]));
  tell("name", answer.headers.get("icy-name"));
  tell("genre", answer.headers.get("icy-genre"));
  tell("bit rate", answer.headers.get("icy-br"));
  tell("title", /StreamTitle='(.*?)';/.exec(block)[1]);
}).catch((e) => tell("failed", e));
</script>`

var browser = listener("Chromium", "audio element and fetch with Icy-MetaData, from another origin", "chromium", "--version")

// A browser plays a mount from a page of another origin, and a script there
// gets metadata: that takes a CORS preflight and exposed headers.
func (s station) browser(t *testing.T, checked *checks) {
	type told struct{ what, value string }
	tells := make(chan told, 10)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, browserPage, s.url(s.mount))
		case "/told":
			tells <- told{req.FormValue("what"), req.FormValue("value")}
		}
	}))
	defer page.Close()
	home := browser.home(t)
	cmd := exec.Command(program(t, browser.command), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
		"--autoplay-policy=no-user-gesture-required", "--user-data-dir="+home, "--remote-debugging-port=0", page.URL)
	browser.settle(cmd, home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	}()
	want := map[string]string{"tone": "", "name": stationName, "genre": stationGenre, "bit rate": "128", "title": stationTitle}
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
		case <-time.After(2 * patience):
			t.Fatalf("the browser did not tell of %v", want)
		}
	}
	for _, what := range []string{"tone", "name", "genre", "bit rate", "title"} {
		checked.ok(what)
	}
}
