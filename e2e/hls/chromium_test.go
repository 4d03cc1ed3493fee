package hls

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"relay/e2e/harness"
)

// chromiumAgent is a part of Chromium's User-Agent.
const chromiumAgent = "Chrome/"

// chromiumPage plays the playlists of both mounts in audio elements, through a script that
// measures the sound: of each second, the tone and how long it was quiet. The sound is not
// heard.
const chromiumPage = `<!doctype html><script>
const context = new AudioContext({sampleRate: 44100});
for (const mount of ["/live", "/aac"]) {
  const a = document.createElement("audio");
  let problem = "", crossings = 0, samples = 0, quiet = 0, last = 0;
  const tell = () => {
    const hertz = samples ? crossings * 44100 / samples : 0;
    fetch("/told?mount=" + mount + "&at=" + a.currentTime + "&hertz=" + hertz + "&quiet=" + quiet / 44100 +
      "&problem=" + encodeURIComponent(problem)).then((answer) => answer.text()).then((order) => {
      if (order !== "stop") return;
      clearInterval(clock);
      a.removeAttribute("src");
      a.load();
    }).catch(() => {});
    crossings = samples = quiet = 0;
  };
  const complain = (what) => { problem = problem || what + " at " + a.currentTime; };
  a.addEventListener("error", () => complain("error " + a.error.message));
  a.addEventListener("ended", () => complain("the stream has ended"));
  a.addEventListener("pause", () => complain("paused"));
  a.crossOrigin = "anonymous";
  a.autoplay = true;
  a.src = "%[1]s" + mount + ".m3u8";
  const measure = context.createScriptProcessor(4096, 1, 1);
  measure.onaudioprocess = (e) => {
    for (const s of e.inputBuffer.getChannelData(0)) {
      if (last < 0 && s >= 0) crossings++;
      if (s > -0.01 && s < 0.01 && last > -0.01 && last < 0.01) quiet++;
      last = s;
      samples++;
    }
  };
  context.createMediaElementSource(a).connect(measure);
  measure.connect(context.destination);
  const clock = setInterval(tell, 1000);
}
</script>`

// chromium plays in a browser.
type chromium struct {
	mu       sync.Mutex
	stopped  bool
	elements map[string]*element // by mount
}

// element is what an audio element has told.
type element struct {
	at      float64 // seconds
	problem string
	hertz   []float64 // of each second
	quiet   []float64 // seconds of each second
}

// openChromium starts a browser that plays until the test ends, or until it is told to stop.
func (s *station) openChromium(t *testing.T) *chromium {
	t.Helper()
	c := &chromium{elements: map[string]*element{}}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, chromiumPage, s.URL(""))
		case "/told":
			number := func(name string) float64 { v, _ := strconv.ParseFloat(req.FormValue(name), 64); return v }
			c.mu.Lock()
			defer c.mu.Unlock()
			e := c.elements[req.FormValue("mount")]
			if e == nil {
				e = &element{}
				c.elements[req.FormValue("mount")] = e
			}
			e.at, e.problem = number("at"), req.FormValue("problem")
			e.hertz, e.quiet = append(e.hertz, number("hertz")), append(e.quiet, number("quiet"))
			if c.stopped {
				fmt.Fprint(w, "stop")
			}
		}
	}))
	t.Cleanup(page.Close)
	harness.Chromium.Open(t, page.URL)
	return c
}

// stop makes the elements play no more.
func (c *chromium) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
}

// at returns how far the elements are, in seconds.
func (c *chromium) at() map[string]float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := map[string]float64{}
	for mount, e := range c.elements {
		at[mount] = e.at
	}
	return at
}

// plays waits until all elements are as far as that.
func (c *chromium) plays(t testing.TB, seconds float64) {
	t.Helper()
	harness.EventuallyIn(t, 3*harness.Patience, "Chromium to play", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for mount, e := range c.elements {
			if e.problem != "" {
				t.Fatalf("Chromium on %s: %s", mount, e.problem)
			}
			if e.at < seconds {
				return false
			}
		}
		return len(c.elements) == len(mountsOf)
	})
}

// judge checks what was told: nearly all that is sound is a tone. What the script does not
// get in time, on a busy machine, counts as no sound.
func (c *chromium) judge(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for mount, e := range c.elements {
		t.Logf("Chromium on %s: %.1f s, %.0f Hz, quiet for %.2f s", mount, e.at, e.hertz, e.quiet)
		if e.problem != "" {
			t.Errorf("Chromium on %s: %s", mount, e.problem)
		}
		sound, tones := 0, 0
		for _, hertz := range e.hertz {
			if hertz > 0 {
				sound++
			}
			if math.Abs(hertz-tone) < 3 || math.Abs(hertz-backup) < 3 {
				tones++
			}
		}
		if tones < 20 || tones < sound*3/4 {
			t.Errorf("Chromium on %s: %d of %d seconds with sound are a tone", mount, tones, sound)
		}
	}
}
