package pages

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"relay/e2e/harness"
)

// tone sends a tone to a mount by ffmpeg, and waits until it is on the air.
func tone(t testing.TB, r *harness.Relay, mount string) {
	t.Helper()
	harness.KeepRunning(t, exec.Command(harness.Program(t, "ffmpeg"), "-v", "error", "-re", "-f", "lavfi", "-i", "sine=440:sample_rate=44100", "-c:a", "libmp3lame", "-b:a", "128k",
		"-content_type", "audio/mpeg", "-ice_name", "Station", "-f", "mp3", "icecast://source:"+r.SourcePassword+"@"+r.Addr+mount))
	harness.Eventually(t, mount+" on the air", func() bool {
		status, _, _ := r.Get(t, mount+".m3u")
		_, _, list := r.Get(t, "/api/v1/status")
		return status == http.StatusOK && strings.Contains(list, `"bitrate":128`)
	})
}

// loudness resolves to the loudness of the page's audio element, once it plays.
const loudness = `(async () => {
	const context = new AudioContext(), ear = context.createAnalyser(), wave = new Float32Array(ear.fftSize);
	context.createMediaElementSource(document.querySelector("audio")).connect(ear).connect(context.destination);
	await context.resume();
	for (let tries = 0; tries < 200; tries++) {
		ear.getFloatTimeDomainData(wave);
		const loud = Math.sqrt(wave.reduce((sum, v) => sum + v * v, 0) / wave.length);
		if (loud > 0.001) return loud;
		await new Promise(next => setTimeout(next, 50));
	}
	return 0;
})()`

func TestPressPlayAndHear(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	tone(t, r, "/live")
	r.SetTitle(t, "/live", "Anna - First")
	c := startChromium(t)
	c.open(t, r.URL("/"))
	c.click(t, "[data-mount='/live'] .play")
	c.wait(t, `document.querySelector("audio").currentTime > 1`)
	if loud := evaluate[float64](t, c, loudness); loud == 0 {
		t.Error("the page plays silence")
	}
	c.wait(t, `navigator.mediaSession.metadata?.title === "First" && navigator.mediaSession.metadata.artist === "Anna"`)

	evaluate[any](t, c, `void new MutationObserver(() => { window.seen ??= Date.now() }).observe(document.querySelector("[data-f=title]"), {childList: true, characterData: true, subtree: true})`)
	told := time.Now()
	r.SetTitle(t, "/live", "Anna - Second")
	c.wait(t, `document.querySelector("[data-f=title]").textContent === "Second" && document.title.startsWith("Second")`)
	t.Logf("the title was on the page %d ms after the encoder's update was sent", int64(evaluate[float64](t, c, "seen"))-told.UnixMilli())
	c.wait(t, `navigator.mediaSession.metadata.title === "Second" && /1 listener/.test(document.querySelector("[data-f=audience]").textContent)`)

	c.click(t, ".play")
	harness.Eventually(t, "the listener gone", func() bool { return r.Source(t, "/live").Listeners == 0 })
}

func TestPlayByKeyboard(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	tone(t, r, "/live")
	c := startChromium(t)
	c.open(t, r.URL("/"))
	for tabs := 0; !evaluate[bool](t, c, `document.activeElement.matches(".play")`); tabs++ {
		if tabs == 10 {
			t.Fatal("the play button is not reached by the tab key")
		}
		perform(t, c, chromedp.KeyEvent("\t"))
	}
	perform(t, c, chromedp.KeyEvent(" "))
	c.wait(t, `document.querySelector("audio").currentTime > 0`)
}

func TestPageFollowsMounts(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, strings.Replace(harness.Config, "[log]", "[page]\nshow_listeners = false\n[log]", 1))
	c := startChromium(t)
	c.open(t, r.URL("/"))
	c.wait(t, `!document.getElementById("empty").hidden && document.querySelector("#connect details").open`)
	c.wait(t, fmt.Sprintf(`document.querySelector("#connect [data-host=port]").textContent === %q`, r.Addr[strings.LastIndex(r.Addr, ":")+1:]))
	e := r.Encode(t, "/b", "Ice-Name: Second of them")
	e.Frames(t, 10)
	c.wait(t, `document.querySelector("[data-mount='/b'] h2")?.textContent === "Second of them" && document.getElementById("empty").hidden`)
	r.Encode(t, "/a").Frames(t, 10)
	c.wait(t, `[...document.querySelectorAll("#list .mount")].map(card => card.dataset.mount).join() === "/a,/b"`)
	hues := evaluate[string](t, c, `[...document.querySelectorAll("#list .art svg")].map(art => art.dataset.hue).join()`)
	c.open(t, r.URL("/"))
	if fromServer := evaluate[string](t, c, `[...document.querySelectorAll("#list .art svg")].map(art => art.dataset.hue).join()`); fromServer != hues {
		t.Errorf("the mounts' hues are %s by script, and %s from the server", hues, fromServer)
	}
	if !evaluate[bool](t, c, `[...document.querySelectorAll("#list [data-f=audience]")].every(place => place.hidden)`) {
		t.Error("the page shows the number of listeners")
	}
	e.Close()
	c.wait(t, `document.querySelectorAll("#list .mount").length === 1`)
}

// The owner's site shows the player in a frame, and a visitor presses play.
func TestPlayerInAFrame(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	tone(t, r, "/live")
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><body style="margin:0"><iframe src="%s" width="400" height="96" style="border:0" allow="autoplay"></iframe>`, r.URL("/player/live"))
	}))
	defer site.Close()
	c := startChromium(t)
	c.open(t, site.URL)
	harness.Eventually(t, "somebody listens", func() bool {
		if r.Source(t, "/live").Listeners == 1 {
			return true
		}
		perform(t, c, chromedp.MouseClickXY(48, 48)) // the script may not have been loaded at the first click
		return false
	})
}
