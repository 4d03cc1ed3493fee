package pages

import (
	"os"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// Changes without a configuration file are lost at a restart, and the page says so
// before and after.
func TestNewMountWithoutAFile(t *testing.T) {
	t.Parallel()
	r := harness.Run(t, "-listen", "127.0.0.1:0")
	c := startChromium(t)
	operate(t, r, c)
	const note = `[...document.querySelectorAll("form.actions small")].some(note => !note.hidden && note.textContent.includes("lost at a restart"))`
	c.wait(t, note)
	c.enter(t, "[name=name]", "/new")
	c.click(t, "form.actions button[type=submit]")
	c.wait(t, `window.toasted.includes("lost when the server stops: there is no configuration file")`)

	withFile := harness.Start(t, harness.Config)
	other := startChromium(t)
	operate(t, withFile, other)
	other.enter(t, "[name=name]", "/new")
	other.click(t, "form.actions button[type=submit]")
	other.wait(t, `window.toasted === "/new created"`)
	if evaluate[bool](t, other, note) {
		t.Error("a server with a file is said to forget")
	}
}

// The page changes header lines, and comments in the file stay.
func TestHeadersByThePage(t *testing.T) {
	t.Parallel()
	const toml = harness.Config + `# The station.
[[mount]]
name = '/live' # the only one
redirect_full = 'http://other.example:8000/live' # by hand
# What directories read.
headers = { 'icy-country-code' = "DE", 'icy-main-stream-url' = 'http://radio.example/live' }
# That is all.
`
	file := harness.WriteFile(t, "relay.toml", toml)
	r := harness.Run(t, "-c", file)
	r.AdminPassword = "adminpass"
	c := startChromium(t)
	operate(t, r, c)
	evaluate[any](t, c, `location.hash = "#/mounts/live"`)
	c.wait(t, `document.querySelector(".tabs [data-tab=settings]")`)
	c.click(t, ".tabs [data-tab=settings]")
	c.wait(t, `document.querySelector("#settings [name=redirect_full]")?.value === "http://other.example:8000/live"`)
	c.enter(t, "#settings [name=headers]", "icy-country-code: AT\nicy-logo: http://radio.example/logo.png")
	c.click(t, "#settings button[type=submit]")
	c.wait(t, `window.toasted === "Saved and active"`)
	const want = harness.Config + `# The station.
[[mount]]
name = '/live' # the only one
redirect_full = 'http://other.example:8000/live' # by hand
# What directories read.
headers = { 'icy-country-code' = "AT", icy-logo = "http://radio.example/logo.png" }
# That is all.
`
	if text, err := os.ReadFile(file); err != nil || string(text) != want {
		t.Errorf("%v, the file has\n%s\nwant\n%s", err, text, want)
	}
}

// The page sets the codec of a mount, and the rest of its format stays.
func TestCodecByThePage(t *testing.T) {
	t.Parallel()
	file := harness.WriteFile(t, "relay.toml", harness.Config+"[[mount]]\nname = '/live'\nformat = { channels = 2 }\n")
	r := harness.Run(t, "-c", file)
	r.AdminPassword = "adminpass"
	c := startChromium(t)
	operate(t, r, c)
	evaluate[any](t, c, `location.hash = "#/mounts/live/settings"`)
	c.wait(t, `document.querySelector("#settings [name=burst]")?.value && document.querySelector("#settings [name=format]").value === ""`)
	evaluate[any](t, c, `document.querySelector("#settings [name=format]").value = "opus"`)
	c.click(t, "#settings button[type=submit]")
	c.wait(t, `window.toasted === "Saved and active"`)
	now, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`codec = "opus"`, `channels = 2`} {
		if !strings.Contains(string(now), want) {
			t.Errorf("the file lacks %s:\n%s", want, now)
		}
	}
}
