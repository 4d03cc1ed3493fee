package pages

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"relay/e2e/harness"
)

//go:embed rules.js
var rules string

// look sets the size of the window and light or dark mode.
func (c *chromium) look(t testing.TB, width, height int64, scheme string) {
	t.Helper()
	perform(t, c, chromedp.EmulateViewport(width, height))
	perform(t, c, chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		p := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}}
		_, err := cdp.Call(ctx, to, emulation.SetEmulatedMedia, p)
		return err
	}))
}

// picture saves a screenshot of the page in the folder that RELAY_PICTURES names, if
// it is set, for people to look at.
func (c *chromium) picture(t testing.TB, name string) {
	t.Helper()
	folder := os.Getenv("RELAY_PICTURES")
	if folder == "" {
		return
	}
	c.save(t, filepath.Join(folder, name+".png"), chromedp.FullScreenshot(100))
}

// save writes a picture that an action takes.
func (c *chromium) save(t testing.TB, path string, picture chromedp.Action[[]byte]) {
	t.Helper()
	if err := os.WriteFile(path, perform(t, c, picture), 0o644); err != nil {
		t.Fatal(err)
	}
}

// fits fails the test if the page must be scrolled sideways.
func (c *chromium) fits(t testing.TB, name string) {
	t.Helper()
	if wide := evaluate[int](t, c, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		t.Errorf("%s is %d pixels wider than its window", name, wide)
	}
}

// Every page can be used with a keyboard and a screen reader, and read in light and
// dark mode, on a phone and on a desktop.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	music, records := t.TempDir(), t.TempDir()
	for n := range 12 {
		harness.MusicFile(t, music, fmt.Sprintf("Somebody - A rather long name of a piece of music, number %d.mp3", n))
	}
	if err := os.WriteFile(filepath.Join(records, "live-2026-01-02T03-04-05Z.mp3"), []byte("audio"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/night'\ndescription = 'Music for those who are awake'\ngenre = 'Jazz'\nfiles.paths = ['"+music+"']\n[[mount]]\nname = '/live'\nrecord_dir = '"+records+"'\nfallbacks = ['/night']\n[[mount]]\nname = '/idle'\n")
	stop := make(chan struct{})
	defer close(stop)
	go r.Encode(t, "/live", "Ice-Name: The station", "Ice-Description: What it is about", "Ice-Genre: Talk", "User-Agent: butt 0.1").Play(stop)
	for n := range 30 {
		r.SetTitle(t, "/live", fmt.Sprintf("Artist - Title %d", n))
	}
	go r.Tune(t, "/live", "User-Agent: VLC/3.0.20 LibVLC/3.0.20 and a long name of a player that has much to say of itself").Listen()
	c := startChromium(t)
	try := func(page string) {
		t.Helper()
		for _, width := range []int64{390, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				c.look(t, width, 900, scheme)
				name := fmt.Sprintf("%s-%d-%s", page, width, scheme)
				c.picture(t, name)
				for _, problem := range evaluate[[]string](t, c, rules) {
					t.Errorf("%s: %s", name, problem)
				}
				c.fits(t, name)
			}
		}
	}
	for page, path := range map[string]string{"public": "/", "one": "/?mount=/night", "none": "/?mount=/none", "player": "/player/live", "login": "/admin/", "statistics": "/status.xsl"} {
		c.open(t, r.URL(path))
		c.wait(t, `document.querySelector("h1")`)
		try(page)
	}
	for _, mount := range []string{"live", "night", "idle"} {
		c.open(t, r.URL("/dj/"+mount))
		c.logIn(t, "source", "hackme")
		c.wait(t, `document.getElementById("explained")?.textContent`)
		try("studio-" + mount)
	}
	operate(t, r, c)
	for view, ready := range map[string]string{
		"":                       `document.querySelectorAll(".row").length === 3 && document.querySelector(".bars li")`,
		"mounts/live/air":        `document.querySelector(".titles li")`,
		"mounts/night/air":       `document.querySelectorAll(".queue li").length > 5`,
		"mounts/live/listeners":  `document.querySelector("tr[data-id]") && document.querySelector("figure")`,
		"mounts/live/recordings": `document.querySelector("#recordings tbody tr")`,
		"mounts/live/settings":   `document.querySelector("[name=burst]").value`,
		"reports":                `document.querySelector("table td")`,
		"log":                    `document.querySelector(".log li")`,
		"bans":                   `document.querySelector("tbody td")`,
		"configuration":          `document.querySelector("pre").textContent`,
	} {
		evaluate[any](t, c, `location.hash = "#/`+view+`"`)
		c.wait(t, ready)
		try("operator-" + strings.ReplaceAll(view, "/", "-"))
	}
}
