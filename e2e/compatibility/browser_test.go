package compatibility

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"relay/e2e/harness"
)

// browserPage plays a stream from another origin, and also reads and decodes it in a
// script, as web players do. It reports the results to its own server.
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

// browser runs a page of another origin than the stream's, and receives its reports.
type browser struct {
	client
	harness.Browser
}

var browsers = []browser{
	{listener("Chromium", browserWay, "chromium", "--version"), harness.Chromium},
	{listener("Firefox", browserWay, "firefox-esr", "--version"), harness.Firefox},
}

const browserWay = "audio element and fetch with Icy-MetaData, from another origin"

// plays checks the row of a browser, whose script gets metadata; this needs a CORS
// preflight and exposed headers.
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
	b.Open(t, page.URL)
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
			t.Fatalf("the browser did not report %v", want)
		}
	}
	for _, what := range []string{"audio element", "tone", "name", "genre", "bit rate", "title"} {
		checked.ok(what)
	}
}
