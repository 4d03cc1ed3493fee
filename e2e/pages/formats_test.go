package pages

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"relay/e2e/harness"
)

// withoutMP3 makes a browser say that it does not play MP3.
const withoutMP3 = `{
	const ask = HTMLMediaElement.prototype.canPlayType;
	HTMLMediaElement.prototype.canPlayType = function(type) { return type === "audio/mpeg" ? "" : ask.call(this, type); };
}`

// A listener chooses among the formats of a programme, which is on the page once. A
// browser is not offered what it does not play.
func TestChooseFormat(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\n[[mount.rendition]]\nname = '/live-opus'\ncodec = 'opus'\nbitrate = 64\n")
	tone(t, r, "/live")
	c := startChromium(t)
	const format = `document.querySelector("[data-f=format]")`
	plays := func(path string) {
		t.Helper()
		c.wait(t, `document.querySelector("audio").src.includes("`+path+`?") && document.querySelector("audio").currentTime > 0`)
	}
	c.open(t, r.URL("/"))
	c.wait(t, `document.querySelectorAll("#list .mount").length === 1 && /Opus/.test(`+format+`?.textContent) && !`+format+`.hidden`)
	c.click(t, ".play")
	plays("/live")
	evaluate[any](t, c, format+`.value = "/live-opus", `+format+`.dispatchEvent(new Event("change", {bubbles: true}))`)
	plays("/live-opus")
	c.wait(t, `/^1 listener/.test(document.querySelector("[data-f=audience]").textContent)`) // of either format
	c.click(t, ".share summary")
	c.wait(t, `document.querySelector(".share a[href='/live-opus.m3u']")`)

	perform(t, c, chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: withoutMP3})
		return err
	}))
	c.open(t, r.URL("/"))
	c.wait(t, format+`.options[0].disabled && `+format+`.value === "/live-opus"`)
	c.click(t, ".play")
	plays("/live-opus")
}
