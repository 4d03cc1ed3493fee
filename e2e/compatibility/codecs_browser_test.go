package compatibility

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// chainPage plays streams in audio elements, and reports to its own server how far each
// of them is. The position of one that fails or ends stays where it is.
const chainPage = `<!doctype html><body><script>
for (const url of [%s]) {
  const a = document.createElement("audio");
  const tell = (what) => fetch("/told?url=" + encodeURIComponent(url) + "&what=" + encodeURIComponent(what) + "&at=" + a.currentTime);
  a.onerror = () => tell("failed: " + a.error.message);
  a.onended = () => tell("ended");
  a.muted = a.autoplay = true;
  a.src = url;
  document.body.append(a);
  setInterval(() => tell("plays"), 500);
}
</script>`

// Browsers play each codec in an audio element that never stops, although the encoder
// begins a new link at each of 20 titles.
func TestCompatibilityCodecBrowsers(t *testing.T) {
	var titles []string
	for i := range 25 {
		titles = append(titles, fmt.Sprintf("Title %d", i))
	}
	r := harness.Start(t, harness.Config)
	for i, c := range harness.BesideMP3 {
		var links [][]byte
		for _, file := range c.Links(t, 500+100*i, time.Second, artist, titles...) {
			links = append(links, []byte(harness.ReadFile(t, file)))
		}
		harness.Send(t, c.Encode(t, r, c.Mount("chain")), time.Second, links...)
	}
	for _, b := range browsers {
		t.Run(b.program, func(t *testing.T) {
			t.Parallel()
			harness.Program(t, b.command)
			type told struct {
				url, what string
				at        float64
			}
			tells := make(chan told, 1000)
			var page string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				switch req.URL.Path {
				case "/":
					w.Header().Set("Content-Type", "text/html")
					fmt.Fprint(w, page)
				case "/told":
					at, _ := strconv.ParseFloat(req.FormValue("at"), 64)
					tells <- told{req.FormValue("url"), req.FormValue("what"), at}
				}
			}))
			defer server.Close()
			var urls []string
			for _, c := range harness.BesideMP3 {
				urls = append(urls, strconv.Quote(r.URL(c.Mount("chain"))))
			}
			page = fmt.Sprintf(chainPage, strings.Join(urls, ", "))
			b.Open(t, server.URL)
			// Each link is a second: after 22 seconds, there have been more than 20 titles.
			const enough = 22
			at, failed := map[string]float64{}, map[string]string{}
			deadline := time.After(2 * harness.Patience)
			for waiting := true; waiting; {
				select {
				case now := <-tells:
					if now.what != "plays" {
						failed[now.url] = fmt.Sprintf("%s at %.1f s", now.what, now.at)
					}
					at[now.url] = max(at[now.url], now.at)
				case <-deadline:
					waiting = false
				}
				done := 0
				for _, c := range harness.BesideMP3 {
					if url := r.URL(c.Mount("chain")); at[url] > enough || failed[url] != "" {
						done++
					}
				}
				waiting = waiting && done < len(harness.BesideMP3)
			}
			for _, c := range harness.BesideMP3 {
				row := b.client
				row.way = c.String() + ", audio element"
				row.test(t, func(t *testing.T, checked *checks) {
					url := r.URL(c.Mount("chain"))
					if said := failed[url]; said != "" || at[url] <= enough {
						t.Fatalf("the audio element is at %.1f s, want more than %d: %s", at[url], enough, said)
					}
					checked.ok("currentTime never stops")
					checked.ok("20 titles")
				})
			}
		})
	}
}
