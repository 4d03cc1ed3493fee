package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// browserPage plays a stream from another origin and reads it by script, as
// web players do, and tells its own server what came of it.
const browserPage = `<!doctype html><audio id="a" autoplay crossorigin src="%[1]s"></audio><script>
const a = document.getElementById("a");
const tell = (what, value) => fetch("/" + what + "?v=" + encodeURIComponent(value));
a.onerror = () => tell("failed", a.error.message);
const clock = setInterval(() => { if (a.currentTime > 1) { clearInterval(clock); tell("played", a.currentTime); } }, 100);
fetch("%[1]s", {headers: {"Icy-MetaData": "1"}}).then(async (answer) => {
  const {value} = await answer.body.getReader().read();
  tell("fetched", answer.headers.get("icy-metaint") + " " + answer.headers.get("icy-name") + " " + (value.length > 0));
}).catch((e) => tell("failed", e));
</script>`

// A browser plays a mount from a page of another origin, and a script there
// gets metadata: that takes a CORS preflight and exposed headers.
func TestBrowser(t *testing.T) {
	chromium := program(t, "chromium", "chromium-browser", "google-chrome")
	r := run(t, "-listen", "127.0.0.1:0")
	told := make(chan string, 10)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, browserPage, r.url("/live"))
			return
		}
		if req.URL.Query().Has("v") {
			told <- req.URL.Path + " " + req.URL.Query().Get("v")
		}
	}))
	defer page.Close()
	browser := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
		"--autoplay-policy=no-user-gesture-required", "--user-data-dir="+t.TempDir(), "--remote-debugging-port=0", page.URL)
	browser.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := browser.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		syscall.Kill(-browser.Process.Pid, syscall.SIGKILL)
		browser.Wait()
	}()
	want := map[string]func(string) bool{
		"/played":  func(v string) bool { return v > "1" },
		"/fetched": func(v string) bool { return v == "16000 relay true" },
	}
	for len(want) > 0 {
		select {
		case said := <-told:
			var what, value string
			fmt.Sscanf(said, "%s", &what)
			value = said[len(what)+1:]
			check, expected := want[what]
			if !expected || !check(value) {
				t.Fatalf("the browser says %q", said)
			}
			delete(want, what)
		case <-time.After(2 * patience):
			t.Fatalf("the browser did not tell of %v", want)
		}
	}
}
