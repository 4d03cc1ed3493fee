package pages

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// operate opens the operator's page and logs in.
func operate(t testing.TB, r *harness.Relay, c *chromium) {
	t.Helper()
	c.open(t, r.URL("/admin/"))
	c.logIn(t, "admin", r.AdminPassword)
	c.wait(t, `document.querySelector(".tiles")`)
}

// On a server without any configuration, the browser is enough to connect a source,
// to hear it, to see its listeners, and to disconnect it.
func TestNewOwner(t *testing.T) {
	t.Parallel()
	file := harness.WriteFile(t, "relay.toml", "[server]\nlisten = ['127.0.0.1:0']\n")
	r := harness.Run(t, "-c", file)
	c := startChromium(t)
	c.open(t, r.URL("/"))
	c.wait(t, `document.querySelector("#connect details").open`)
	setting := func(name string) string {
		return evaluate[string](t, c, fmt.Sprintf(`[...document.querySelectorAll("#connect dt")].find(dt => dt.textContent === %q).nextElementSibling.querySelector("code").textContent`, name))
	}
	if address := setting("Server") + ":" + setting("Port"); address != r.Addr {
		t.Fatalf("the page says that sources connect to %s, and it is %s", address, r.Addr)
	}
	e := r.Connect(t, "SOURCE "+setting("Mount")+" HTTP/1.0\r\nAuthorization: "+harness.Basic(setting("User"), r.SourcePassword)+"\r\nUser-Agent: butt 0.1\r\nContent-Type: audio/mpeg\r\n\r\n")
	stop := make(chan struct{})
	defer close(stop)
	go e.Play(stop)
	c.click(t, "[data-mount='/live'] .play")
	c.wait(t, `document.querySelector("audio").currentTime > 1`)
	listener := r.Tune(t, "/live", "X-Of: another room")

	operate(t, r, c)
	c.wait(t, `document.querySelector("[data-mount='/live'] .state").dataset.state === "live"`)
	c.wait(t, `document.querySelector("[data-mount='/live']").textContent.includes("butt 0.1")`)
	c.click(t, "[data-mount='/live'] a.button")
	c.click(t, ".tabs [data-tab=listeners]")
	c.wait(t, `document.querySelectorAll("#listeners tbody tr[data-id]").length === 1`)
	c.click(t, "#listeners tbody .danger")
	if err := listener.Ends(); err != nil {
		t.Errorf("the listener was not kicked: %v", err)
	}
	c.click(t, ".tabs [data-tab=air]")
	c.click(t, "#kick-source")
	c.click(t, "#agreed")
	e.SetReadDeadline(time.Now().Add(harness.Patience))
	if _, err := e.Read(make([]byte, 1)); err == nil || harness.IsTimeout(err) {
		t.Errorf("the source was not kicked: %v", err)
	}
}

func TestDashboardShowsTheFallback(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nfallbacks = ['/backup']\ngrace = '0s'\n")
	stop := make(chan struct{})
	defer close(stop)
	go r.Encode(t, "/backup").Play(stop)
	live := r.Encode(t, "/live")
	go live.Play(stop)
	c := startChromium(t)
	operate(t, r, c)
	state := `document.querySelector(".row[data-mount='/live'] .state")`
	c.wait(t, state+`?.dataset.state === "live"`)
	c.wait(t, `document.querySelectorAll(".row[data-mount='/live'] .strip rect").length > 1`)
	live.Close()
	c.wait(t, state+`.textContent === "Fallback" && document.querySelector(".row[data-mount='/live']").textContent.includes("/backup is playing")`)
}

func TestSteeringByThePage(t *testing.T) {
	t.Parallel()
	music := t.TempDir()
	harness.MusicFile(t, music, "One.mp3")
	harness.MusicFile(t, music, "Two.mp3")
	last := t.TempDir() // its only track is the last of each round
	harness.MusicFile(t, last, "Last.mp3")
	toml := harness.Config + "[[mount]]\nname = '/night'\n[mount.files]\npaths = ['" + music + "']\norder = 'sequence'\n[[mount]]\nname = '/only'\nfiles.paths = ['" + last + "']\n[limits]\ncount_after = '0s'\n"
	r := harness.Start(t, toml)
	stop := make(chan struct{})
	defer close(stop)
	go r.Encode(t, "/live").Play(stop)
	c := startChromium(t)
	operate(t, r, c)

	c.enter(t, "[name=name]", "/new")
	c.click(t, "form.actions button[type=submit]")
	c.wait(t, `location.hash === "#/mounts/new" && document.querySelector("h1").textContent.includes("/new")`)
	c.click(t, ".tabs [data-tab=settings]")
	c.wait(t, `document.querySelector("[name=burst]").value === "5s"`)
	c.enter(t, "#settings [name=title]", "A station of its own")
	c.click(t, "#settings button[type=submit]")
	c.wait(t, `window.toasted === "Saved and active"`)
	c.enter(t, "#settings [name=grace]", "soon")
	c.click(t, "#settings button[type=submit]")
	c.wait(t, `/^Grace for a lost source .*soon/.test(document.querySelector("#settings .problem").textContent)`)
	c.wait(t, `document.querySelector("#settings [name=grace]").matches("[aria-invalid=true]:focus")`)

	listener := r.Tune(t, "/live")
	evaluate[any](t, c, `location.hash = "#/mounts/live"`)
	c.wait(t, `document.querySelectorAll("#listeners tr[data-id]").length === 1`)
	c.enter(t, "form.wide [name=title]", "Set by hand")
	c.click(t, "form.wide button")
	c.wait(t, `document.querySelector(".titles").textContent.includes("Set by hand")`)
	c.click(t, ".tabs [data-tab=listeners]")
	c.click(t, "#listeners tr[data-id] input")
	c.wait(t, `document.querySelector("#listeners select").value === "/night"`)
	evaluate[any](t, c, `[...document.querySelectorAll("#listeners button")].find(b => b.textContent === "Move 1 chosen").click()`)
	harness.Eventually(t, "the listener at /night", func() bool { return r.Source(t, "/night").Listeners == 1 })
	if _, err := listener.Frame(); err != nil {
		t.Errorf("the moved listener: %v", err)
	}

	evaluate[any](t, c, `location.hash = "#/mounts/only"`)
	c.wait(t, `document.querySelector("h1").textContent.includes("/only") && document.querySelector(".queue").children.length === 0`)
	c.enter(t, "[name=file]", "Last.mp3")
	evaluate[any](t, c, `location.hash = "#/mounts/night"`)
	c.wait(t, `document.querySelector("h1").textContent.includes("/night")`)
	c.enter(t, "[name=file]", "Two.mp3")
	evaluate[any](t, c, `document.querySelector("[name=file]").form.requestSubmit()`)
	c.wait(t, `document.querySelector(".queue")?.textContent.includes("queued")`)
	evaluate[any](t, c, `[...document.querySelectorAll("button")].find(b => b.textContent === "Skip this track").click()`)
	c.wait(t, `document.querySelector(".titles li span")?.textContent === "Two"`)

	evaluate[any](t, c, `location.hash = "#/log"`)
	c.wait(t, `document.querySelector(".log").textContent.includes("source connected")`)
	c.enter(t, "[type=search]", "no such line")
	c.wait(t, `[...document.querySelectorAll(".log li")].every(line => line.hidden)`)

	evaluate[any](t, c, `location.hash = "#/reports"`)
	for kind, row := range map[string]string{"listening": "/live", "titles": "Set by hand"} {
		harness.Eventually(t, kind, func() bool { // the history is written with a delay, and each click asks for the report again
			return evaluate[bool](t, c, fmt.Sprintf(`(async () => {
				document.querySelector("[data-kind=%s]").click();
				for (let n = 0; n < 100; n++) {
					if (document.querySelector("table")?.textContent.includes(%q)) return true;
					await new Promise(resolve => setTimeout(resolve, 50));
				}
				return false;
			})()`, kind, row))
		})
	}
	evaluate[any](t, c, `document.querySelector("[data-kind=titles]").click()`)
	if csv := evaluate[string](t, c, `fetch([...document.querySelectorAll("a")].find(a => a.textContent === "CSV").href).then(answer => answer.text())`); !strings.Contains(csv, "Set by hand") {
		t.Errorf("CSV:\n%s", csv)
	}
}

// The errors of a configuration are shown with file, line and key, and nothing
// changes.
func TestReloadByThePage(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "relay.toml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(harness.Config)
	r := harness.Run(t, "-c", file)
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	c := startChromium(t)
	operate(t, r, c)
	evaluate[any](t, c, `location.hash = "#/configuration"`)
	c.wait(t, `document.querySelector("pre").textContent.includes('admin_password = "***"')`)
	write(harness.Config + "[limits]\nburst = 'much'\n")
	c.click(t, "#reload")
	c.wait(t, `/relay.toml:\d+ limits.burst/.test(document.getElementById("errors").textContent)`)
	write(harness.Config + "[limits]\nburst = '32KiB'\n")
	c.click(t, "#reload")
	c.wait(t, `document.getElementById("errors").hidden && window.toasted.includes("limits.burst")`)
}

func TestManyListenersOnThePage(t *testing.T) {
	t.Parallel()
	listeners := 10_000
	if harness.RaceDetector {
		listeners = 2000
	}
	r := harness.Start(t, harness.Config+"[limits]\nlisteners_per_ip = 0\nconnections_per_ip = 20000\nconnections = 20000\nlistener_timeout = '10m'\nsource_timeout = '10m'\n")
	r.Encode(t, "/live").Frames(t, 10) // no more frames: this is about the page
	for n := range listeners {
		conn, err := net.Dial("tcp", r.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET /live HTTP/1.0\r\nUser-Agent: player %d\r\n\r\n", n)
	}
	harness.Eventually(t, "all listen", func() bool { return r.Left("/live") == listeners || r.Source(t, "/live").Listeners == listeners })
	c := startChromium(t)
	operate(t, r, c)
	evaluate[any](t, c, `location.hash = "#/mounts/live/listeners"`)
	c.wait(t, fmt.Sprintf(`document.querySelectorAll("#listeners tr[data-id]").length === 100 && document.querySelector("#listeners h2").textContent.includes("1 to 100 of " + (%d).toLocaleString())`, listeners))
	c.enter(t, "#listeners [type=search]", fmt.Sprintf("player %d", listeners-1))
	c.wait(t, `document.querySelectorAll("#listeners tr[data-id]").length === 1`)
	c.click(t, "#listeners tbody .danger")
	harness.Eventually(t, "one gone", func() bool { return r.Source(t, "/live").Listeners == listeners-1 })
}

func TestLoginPage(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	c := startChromium(t)
	c.open(t, r.URL("/admin/"))
	c.logIn(t, "admin", "wrong")
	c.wait(t, `document.getElementById("problem").textContent === "Wrong user or password."`)
	c.enter(t, "[name=password]", "adminpass")
	c.click(t, "#login button")
	c.wait(t, `document.querySelector(".tiles")`)
	c.click(t, "#logout")
	c.wait(t, `document.getElementById("login")`)
}

// Another site in the operator's browser can do nothing in the operator's name. This
// one has the same host, so its requests carry the cookie.
func TestForgedRequests(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	source := r.Encode(t, "/live")
	source.Frames(t, 10)
	c := startChromium(t)
	operate(t, r, c)
	if status := evaluate[int](t, c, `fetch("/api/v1/mounts/live/source", {method: "DELETE"}).then(answer => answer.status)`); status != http.StatusForbidden {
		t.Errorf("without the token of its session, a request is answered %d", status)
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><form method="post" enctype="text/plain" action="%s"><input name='{"title": "forged", "url": "' value='"}'></form>`, r.URL("/api/v1/reload"))
	}))
	defer site.Close()
	c.open(t, site.URL)
	evaluate[any](t, c, `document.forms[0].submit()`)
	c.wait(t, `location.pathname === "/api/v1/reload" && document.body.innerText.includes('"status":403')`)
	if strings.Contains(r.Log.String(), "configuration loaded") {
		t.Error("another site has made the server read its configuration")
	}
	if r.Source(t, "/live").Listeners != 0 {
		t.Error("the source is gone")
	}
}

// An operator bans a listener and a source for a time, on a phone, and lifts the
// bans.
func TestBanByThePage(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "banned")
	r := harness.Start(t, strings.Replace(harness.Config, "[auth]", "trusted_proxies = ['127.0.0.1']\n[auth]\ndeny_ips_file = '"+file+"'", 1))
	source := r.Connect(t, "SOURCE /live HTTP/1.0\r\nX-Forwarded-For: 2001:db8:1:2::9\r\nAuthorization: "+harness.Basic("source", "hackme")+"\r\nUser-Agent: butt\r\nContent-Type: audio/mpeg\r\n\r\n")
	stop := make(chan struct{})
	defer close(stop)
	go source.Play(stop)
	harness.Eventually(t, "/live on the air", func() bool { status, _, _ := r.Get(t, "/live.m3u"); return status == http.StatusOK })
	listener := r.Tune(t, "/live", "X-Forwarded-For: 198.51.100.7", "User-Agent: A player with a long name that says very much of itself and of its version 1.2.3.4")
	c := startChromium(t)
	c.look(t, 390, 900, "light")
	operate(t, r, c)
	evaluate[any](t, c, `location.hash = "#/mounts/live/listeners"`)
	c.wait(t, `document.querySelector("#listeners tr[data-id]")`)
	if at := evaluate[string](t, c, `JSON.stringify([...document.querySelectorAll("#listeners .steer button")].map(b => b.getBoundingClientRect()).map(b => b.left >= 0 && b.right <= innerWidth))`); at != "[true,true]" {
		t.Errorf("Kick and Ban within a phone's window: %s", at)
	}
	c.click(t, "#listeners .ban")
	evaluate[any](t, c, `document.querySelector("#choice select").value = "86400"`)
	c.click(t, "#agreed")
	if err := listener.Ends(); err != nil {
		t.Errorf("the listener was not disconnected: %v", err)
	}
	evaluate[any](t, c, `location.hash = "#/mounts/live/air"`)
	c.click(t, "#ban-source")
	c.click(t, "#agreed")
	harness.Eventually(t, "the source let go", func() bool {
		return strings.Contains(harness.ReadFile(t, file), "2001:db8:1:2::/64\n") && r.Left("/live") >= 0
	})
	if text := harness.ReadFile(t, file); !strings.HasPrefix(text, "198.51.100.7 until 2") {
		t.Errorf("the file has\n%s", text)
	}
	evaluate[any](t, c, `location.hash = "#/bans"`)
	c.wait(t, `document.querySelectorAll("tbody tr").length === 2`)
	c.click(t, "tbody tr:first-child button")
	c.wait(t, `document.querySelectorAll("tbody tr").length === 1`)
	c.enter(t, "[name=address]", "127.0.0.1")
	c.click(t, "form [type=submit]")
	c.click(t, "#agreed")
	c.wait(t, `/own address/.test(window.toasted)`)
}

// A recording is played and deleted with its buttons.
func TestRecordingsByThePage(t *testing.T) {
	t.Parallel()
	records := t.TempDir()
	harness.MusicFile(t, records, "live-2026-01-02T03-04-05Z.mp3")
	sheet := filepath.Join(records, "live-2026-01-02T03-04-05Z.cue")
	if err := os.WriteFile(sheet, []byte("TITLE"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nrecord_dir = '"+records+"'\n")
	c := startChromium(t)
	operate(t, r, c)
	evaluate[any](t, c, `location.hash = "#/mounts/live/recordings"`)
	c.click(t, "#recordings [aria-label^='Play ']")
	c.wait(t, `document.querySelector("#recordings audio").currentTime > 0`)
	c.click(t, "#recordings [aria-label^='Delete ']")
	c.click(t, "#question [value=no]")
	c.wait(t, `document.querySelectorAll("#recordings tbody tr").length === 2`)
	c.click(t, "#recordings [aria-label^='Delete ']")
	c.click(t, "#agreed")
	c.wait(t, `document.querySelectorAll("#recordings tbody tr").length === 0 && /No recordings/.test(document.querySelector("#recordings p").textContent)`)
	if harness.SizeOf(sheet) != 0 {
		t.Error("the cue sheet still exists")
	}
}

// Players are ordered by hours of listening; all of them are shown on request, and
// some seconds of listening do not become zero.
func TestPlayersOnThePage(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[limits]\ncount_after = '0s'\n")
	stop := make(chan struct{})
	defer close(stop)
	go r.Encode(t, "/live").Play(stop)
	harness.Eventually(t, "/live on the air", func() bool { status, _, _ := r.Get(t, "/live.m3u"); return status == http.StatusOK })
	listen := func(agent string) net.Conn {
		conn := r.Dial(t)
		fmt.Fprintf(conn, "GET /live HTTP/1.0\r\nUser-Agent: %s\r\n\r\n", agent)
		if _, err := io.ReadFull(conn, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	long := listen("foobar2000/1.0")
	for n := range 9 {
		for range 2 {
			listen(fmt.Sprintf("player%c/1", 'a'+n)).Close()
		}
	}
	c := startChromium(t)
	operate(t, r, c)
	c.wait(t, `document.querySelectorAll(".bars li").length === 8 && document.querySelector(".bars li span").textContent.startsWith("foobar2000")`)
	if text := evaluate[string](t, c, `document.querySelector(".bars").textContent`); strings.Contains(text, "0 s in") && !strings.Contains(text, "less than") {
		t.Errorf("the players are %s", text)
	}
	evaluate[any](t, c, `[...document.querySelectorAll("button")].find(b => b.textContent === "Show all 10").click()`)
	c.wait(t, `document.querySelectorAll(".bars li").length === 10`)
	long.Close()
}
