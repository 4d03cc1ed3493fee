package neversilent

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
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

// startBrowser starts a browser that plays a mount until the test ends.
func startBrowser(t testing.TB, r *harness.Relay, program harness.Browser, mount string) *browser {
	t.Helper()
	b := &browser{name: program.Name}
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
	program.Open(t, page.URL)
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
