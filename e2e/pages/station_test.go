package pages

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"relay/e2e/harness"
)

// drawing returns a small picture.
func drawing(t testing.TB) []byte {
	t.Helper()
	p := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.White, color.Black})
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withCover writes a tag with a picture before the audio of a music file.
func withCover(t testing.TB, path string, picture []byte) {
	t.Helper()
	audio, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	frame := "\x00image/png\x00\x03\x00" + string(picture)
	size := func(n int) string {
		return string([]byte{byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)})
	}
	tag := "ID3\x04\x00\x00" + size(10+len(frame)) + "APIC" + size(len(frame)) + "\x00\x00" + frame
	if err := os.WriteFile(path, append([]byte(tag), audio...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The station has its own name and logo, covers are those of its files, other sites
// show a preview of shared pages, and the station words stay when the source has
// left.
func TestStationOnItsPages(t *testing.T) {
	t.Parallel()
	music := t.TempDir()
	harness.MusicFile(t, music, "Anna - Song.mp3")
	withCover(t, filepath.Join(music, "Anna - Song.mp3"), drawing(t))
	logo := harness.WriteFile(t, "logo.png", string(drawing(t)))
	r := harness.Start(t, harness.Config+"[page]\ntitle = 'Radio <Example>'\nlogo = '"+logo+"'\n[[mount]]\nname = '/live'\ngrace = '0s'\nfiles.paths = ['"+music+"']\n[[mount]]\nname = '/talk'\nfiles.paths = ['"+music+"']\n")
	c := startChromium(t)
	meta := func(property string) string {
		return evaluate[string](t, c, fmt.Sprintf(`document.querySelector("meta[property='%s']")?.content ?? ""`, property))
	}
	c.open(t, r.URL("/?mount=/live"))
	c.wait(t, `document.querySelectorAll(".mount").length === 1 && document.querySelector("[data-f=word]").textContent === "AutoDJ"`)
	c.wait(t, `document.querySelector("[data-f=cover]").complete && document.querySelector("[data-f=cover]").naturalWidth === 8`)
	c.wait(t, `document.querySelector(".brand").textContent === "Radio <Example>" && document.querySelector(".brand img").naturalWidth === 8`)
	if got := meta("og:site_name") + " " + meta("og:audio") + " " + meta("og:image"); got != "Radio <Example> "+r.URL("/live")+" "+r.URL("/assets/logo") {
		t.Errorf("the preview is %s", got)
	}
	c.wait(t, `document.getElementById("offline").hidden`)
	c.click(t, ".play")
	c.wait(t, `navigator.mediaSession.metadata?.artwork[0]?.src.includes("/api/v1/mounts/live/cover?v=")`)

	c.click(t, "#mute")
	c.wait(t, `document.querySelector("audio").muted && document.getElementById("mute").getAttribute("aria-pressed") === "true"`)
	c.click(t, "#mute")
	c.wait(t, `!document.querySelector("audio").muted`)
	evaluate[any](t, c, `navigator.share = data => { window.shared = data.url; return Promise.resolve(); }`)
	c.click(t, "[data-share=link]")
	c.wait(t, `window.shared === `+fmt.Sprintf("%q", r.URL("/?mount=/live")))

	e := r.Encode(t, "/live", "Ice-Name: Night Radio", "Ice-Description: All night", "Ice-Genre: Talk")
	e.Frames(t, 20)
	words := `["station", "about", "genre"].map(name => document.querySelector("[data-f=" + name + "]").textContent).join()`
	c.wait(t, words+` === "Night Radio,All night,Talk" && document.querySelector("[data-f=word]").textContent === "Live"`)
	if shown := evaluate[string](t, c, `document.querySelector("[data-f=title]").textContent`); shown != "" {
		t.Errorf("a source without titles is shown with %q", shown)
	}
	e.Close()
	c.wait(t, words+` === "Night Radio,All night,Talk" && document.querySelector("[data-f=word]").textContent === "AutoDJ"`)

	for _, page := range []string{"/dj/live", "/admin/"} {
		c.open(t, r.URL(page))
		c.wait(t, `document.querySelector(".brand").textContent.startsWith("Radio <Example>")`)
	}
	c.open(t, r.URL("/dj/live"))
	c.logIn(t, "source", "hackme")
	c.wait(t, `document.getElementById("light")?.textContent === "AutoDJ is playing" && document.getElementById("now").textContent === "Now: Anna - Song"`)
	stop := make(chan struct{})
	defer close(stop)
	go r.Encode(t, "/live").Play(stop)
	c.wait(t, `document.getElementById("light").textContent === "On air" && document.getElementById("now").textContent === "Now: Live, without a title" && !document.querySelector("#titles .current")`)
}

// Without JavaScript the pages have a plain player, which fits into its card.
func TestWithoutJavaScript(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	e := r.Encode(t, "/live", "Ice-Name: A station with a name that is long enough to be cut")
	stop := make(chan struct{})
	defer close(stop)
	go e.Play(stop)
	c := startChromium(t)
	perform(t, c, chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	for _, path := range []string{"/", "/player/live"} {
		for _, size := range [][2]int64{{390, 96}, {1280, 96}, {320, 80}, {390, 900}} {
			c.open(t, r.URL(path))
			perform(t, c, chromedp.EmulateViewport(size[0], size[1]))
			c.picture(t, fmt.Sprintf("noscript%s-%d-%d", strings.ReplaceAll(path, "/", "-"), size[0], size[1]))
			inside := evaluate[string](t, c, `(() => {
				const audio = document.querySelector("audio"), card = document.querySelector(".mount");
				if (!audio?.checkVisibility()) return "there is no player";
				const a = audio.getBoundingClientRect(), b = card.getBoundingClientRect();
				if (a.width < 150 || a.height < 20) return "the player has " + a.width + " x " + a.height;
				return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom ? "" : JSON.stringify([a, b]);
			})()`)
			if inside != "" {
				t.Errorf("%s at %v: %s", path, size, inside)
			}
			c.fits(t, path)
		}
	}
}
