package e2e

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
)

// operate opens the operator's page, logged in.
func (r *relay) operate(t testing.TB, c *chromium) {
	t.Helper()
	c.open(t, r.url("/admin/"))
	c.logIn(t, "admin", r.adminPassword)
	c.wait(t, `document.querySelector(".tiles")`)
}

// On a server that nobody has configured, the browser alone is enough to
// connect, to hear, to see who listens, and to kick the source.
func TestNewOwner(t *testing.T) {
	file := filepath.Join(t.TempDir(), "relay.toml")
	if err := os.WriteFile(file, []byte("[server]\nlisten = ['127.0.0.1:0']\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, "-c", file)
	c := startChromium(t)
	c.open(t, r.url("/"))
	c.wait(t, `document.querySelector("#connect details").open`)
	setting := func(name string) string {
		return evaluate[string](t, c, fmt.Sprintf(`[...document.querySelectorAll("#connect dt")].find(dt => dt.textContent === %q).nextElementSibling.querySelector("code").textContent`, name))
	}
	if address := setting("Server") + ":" + setting("Port"); address != r.addr {
		t.Fatalf("the page says that sources connect to %s, and it is %s", address, r.addr)
	}
	e := r.connect(t, "SOURCE "+setting("Mount")+" HTTP/1.0\r\nAuthorization: "+basic(setting("User"), r.sourcePassword)+"\r\nUser-Agent: butt 0.1\r\nContent-Type: audio/mpeg\r\n\r\n")
	stop := make(chan struct{})
	defer close(stop)
	go e.play(stop)
	c.click(t, "[data-mount='/live'] .play")
	c.wait(t, `document.querySelector("audio").currentTime > 1`)
	listener := r.tune(t, "/live", "X-Of: another room")

	r.operate(t, c)
	c.wait(t, `document.querySelector("[data-mount='/live'] .state").dataset.state === "live"`)
	c.wait(t, `document.querySelector("[data-mount='/live']").textContent.includes("butt 0.1")`)
	c.click(t, "[data-mount='/live'] a.button")
	c.wait(t, `document.querySelectorAll("#listeners tbody tr[data-id]").length === 1`)
	c.click(t, "#listeners tbody .danger")
	if _, err := io.Copy(io.Discard, listener.Conn); err != nil {
		t.Errorf("the listener was not kicked: %v", err)
	}
	c.click(t, "#kick-source")
	c.click(t, "#agreed")
	if _, err := e.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("the source was not kicked: %v", err)
	}
}

func TestDashboardShowsTheFallback(t *testing.T) {
	r := start(t, config+"[[mount]]\nname = '/live'\nfallbacks = ['/backup']\ngrace = '0s'\n")
	stop := make(chan struct{})
	defer close(stop)
	go r.encode(t, "/backup").play(stop)
	live := r.encode(t, "/live")
	go live.play(stop)
	c := startChromium(t)
	r.operate(t, c)
	state := `document.querySelector(".row[data-mount='/live'] .state")`
	c.wait(t, state+`?.dataset.state === "live"`)
	c.wait(t, `document.querySelectorAll(".row[data-mount='/live'] .strip rect").length > 1`)
	live.Close()
	c.wait(t, state+`.textContent === "Fallback" && document.querySelector(".row[data-mount='/live']").textContent.includes("/backup plays")`)
}

func TestSteeringByThePage(t *testing.T) {
	music := t.TempDir()
	musicFile(t, music, "One.mp3")
	musicFile(t, music, "Two.mp3")
	toml := config + "[[mount]]\nname = '/night'\n[mount.files]\npaths = ['" + music + "']\norder = 'sequence'\n"
	r := start(t, toml)
	stop := make(chan struct{})
	defer close(stop)
	go r.encode(t, "/live").play(stop)
	c := startChromium(t)
	r.operate(t, c)

	c.enter(t, "[name=name]", "/new")
	c.click(t, "form.actions button[type=submit]")
	c.wait(t, `location.hash === "#/mounts/new" && document.querySelector("h1").textContent.includes("/new")`)
	c.click(t, "#settings summary")
	c.wait(t, `document.querySelector("[name=burst]").value === "64KiB"`)
	c.enter(t, "#settings [name=title]", "A station of its own")
	c.click(t, "#settings button[type=submit]")
	c.wait(t, `document.getElementById("toast").textContent === "Saved, and in force"`)
	c.enter(t, "#settings [name=grace]", "soon")
	c.click(t, "#settings button[type=submit]")
	c.wait(t, `/grace/.test(document.querySelector("#settings .problem").textContent)`)

	listener := r.tune(t, "/live")
	evaluate[any](t, c, `location.hash = "#/mounts/live"`)
	c.wait(t, `document.querySelectorAll("#listeners tr[data-id]").length === 1`)
	c.enter(t, "[name=title]", "Set by hand")
	c.click(t, "form.wide button")
	c.wait(t, `document.querySelector(".titles").textContent.includes("Set by hand")`)
	c.click(t, "#listeners tr[data-id] input")
	c.wait(t, `document.querySelector("#listeners select").value === "/night"`)
	evaluate[any](t, c, `[...document.querySelectorAll("#listeners button")].find(b => b.textContent === "Move 1 chosen").click()`)
	eventually(t, "the listener at /night", func() bool { return r.source(t, "/night").Listeners == 1 })
	if _, err := listener.frame(); err != nil {
		t.Errorf("who was moved hears: %v", err)
	}

	evaluate[any](t, c, `location.hash = "#/mounts/night"`)
	c.enter(t, "[name=file]", "Two.mp3")
	evaluate[any](t, c, `document.querySelector("[name=file]").form.requestSubmit()`)
	c.wait(t, `document.querySelector(".queue")?.textContent.includes("lined up")`)
	evaluate[any](t, c, `[...document.querySelectorAll("button")].find(b => b.textContent === "Skip this track").click()`)
	c.wait(t, `document.querySelector(".titles li span")?.textContent === "Two"`)

	evaluate[any](t, c, `location.hash = "#/log"`)
	c.wait(t, `document.querySelector(".log").textContent.includes("source connected")`)
	c.enter(t, "[type=search]", "no such line")
	c.wait(t, `[...document.querySelectorAll(".log li")].every(line => line.hidden)`)

	evaluate[any](t, c, `location.hash = "#/reports"`)
	for kind, row := range map[string]string{"listening": "/live", "titles": "Set by hand"} {
		eventually(t, kind, func() bool { // the history is written a moment later
			evaluate[any](t, c, fmt.Sprintf(`document.querySelector("[data-kind=%s]").click()`, kind))
			return evaluate[bool](t, c, fmt.Sprintf(`document.querySelector("table").textContent.includes(%q)`, row))
		})
	}
	evaluate[any](t, c, `document.querySelector("[data-kind=titles]").click()`)
	if csv := evaluate[string](t, c, `fetch([...document.querySelectorAll("a")].find(a => a.textContent === "CSV").href).then(answer => answer.text())`); !strings.Contains(csv, "Set by hand") {
		t.Errorf("CSV:\n%s", csv)
	}
}

// A configuration that is wrong is shown with file, line and key, and nothing
// changes.
func TestReloadByThePage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "relay.toml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(config)
	r := run(t, "-c", file)
	r.sourcePassword, r.adminPassword = "hackme", "adminpass"
	c := startChromium(t)
	r.operate(t, c)
	evaluate[any](t, c, `location.hash = "#/configuration"`)
	c.wait(t, `document.querySelector("pre").textContent.includes('admin_password = "***"')`)
	write(config + "[limits]\nburst = 'much'\n")
	c.click(t, "#reload")
	c.wait(t, `/relay.toml:\d+ limits.burst/.test(document.getElementById("errors").textContent)`)
	write(config + "[limits]\nburst = '32KiB'\n")
	c.click(t, "#reload")
	c.wait(t, `document.getElementById("errors").hidden && document.getElementById("toast").textContent.includes("limits.burst")`)
}

func TestManyListenersOnThePage(t *testing.T) {
	listeners := 10_000
	if raceDetector {
		listeners = 2000
	}
	r := start(t, config+"[limits]\nlisteners_per_ip = 0\nconnections_per_ip = 20000\nconnections = 20000\nlistener_timeout = '10m'\n")
	r.encode(t, "/live").frames(t, 10) // and no more: this is about the page
	for n := range listeners {
		conn, err := net.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET /live HTTP/1.0\r\nUser-Agent: player %d\r\n\r\n", n)
	}
	eventually(t, "all listen", func() bool { return r.left("/live") == listeners || r.source(t, "/live").Listeners == listeners })
	c := startChromium(t)
	r.operate(t, c)
	evaluate[any](t, c, `location.hash = "#/mounts/live"`)
	c.wait(t, fmt.Sprintf(`document.querySelectorAll("#listeners tr[data-id]").length === 100 && document.querySelector("#listeners h2").textContent.includes("1 to 100 of " + (%d).toLocaleString())`, listeners))
	c.enter(t, "#listeners [type=search]", fmt.Sprintf("player %d", listeners-1))
	c.wait(t, `document.querySelectorAll("#listeners tr[data-id]").length === 1`)
	c.click(t, "#listeners tbody .danger")
	eventually(t, "one gone", func() bool { return r.source(t, "/live").Listeners == listeners-1 })
}

func TestLoginPage(t *testing.T) {
	r := start(t, config)
	c := startChromium(t)
	c.open(t, r.url("/admin/"))
	c.logIn(t, "admin", "wrong")
	c.wait(t, `document.getElementById("problem").textContent === "User or password is wrong."`)
	c.enter(t, "[name=password]", "adminpass")
	c.click(t, "#login button")
	c.wait(t, `document.querySelector(".tiles")`)
	c.click(t, "#logout")
	c.wait(t, `document.getElementById("login")`)
}

// Another site in the operator's browser can do nothing in his name: this one
// is of the same host, so that the cookie comes with what it sends.
func TestForgedRequests(t *testing.T) {
	r := start(t, config)
	source := r.encode(t, "/live")
	source.frames(t, 10)
	c := startChromium(t)
	r.operate(t, c)
	if status := evaluate[int](t, c, `fetch("/api/v1/mounts/live/source", {method: "DELETE"}).then(answer => answer.status)`); status != http.StatusForbidden {
		t.Errorf("without the token of its session, a request is answered %d", status)
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><form method="post" enctype="text/plain" action="%s"><input name='{"title": "forged", "url": "' value='"}'></form>`, r.url("/api/v1/reload"))
	}))
	defer site.Close()
	c.open(t, site.URL)
	evaluate[any](t, c, `document.forms[0].submit()`)
	c.wait(t, `location.pathname === "/api/v1/reload" && document.body.innerText.includes('"status":403')`)
	if strings.Contains(r.log.String(), "configuration loaded") {
		t.Error("another site has made the server read its configuration")
	}
	if r.source(t, "/live").Listeners != 0 {
		t.Error("the source is gone")
	}
}
