package pages

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"relay/e2e/harness"
)

// chromium is a headless Chromium of one test, with its own cookies. An error of a
// script, or a violation of a page's policy, fails the test.
type chromium struct{ ctx context.Context }

// startChromium starts a chromium, which ends with the test. Audio is allowed only
// after a click, as for people.
func startChromium(t testing.TB) *chromium {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(harness.Chromium.Program(t)), chromedp.NoSandbox, chromedp.Flag("mute-audio", true), chromedp.Flag("disable-gpu", true),
		chromedp.Flag("autoplay-policy", "user-gesture-required"), chromedp.ProxyServer("127.0.0.1:9"), // nothing leaves this machine
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900))
	all, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, leave := chromedp.NewContext(all)
	t.Cleanup(stop)
	t.Cleanup(leave)
	console := chromedp.Console(ctx)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("browser: %v", err)
	}
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		for message, err := range console {
			if err != nil {
				return
			}
			bad := message.Type == chromedp.ConsoleError || message.Type == chromedp.ConsoleWarning || message.IsException()
			if bad && message.Source != "network" { // network errors are answers, not errors of the page
				t.Errorf("the page complains: %s (%s:%d)", message.Text, message.URL, message.Line+1)
			}
		}
	}()
	t.Cleanup(func() {
		chromedp.Cancel(ctx) // this waits for the process
		leave()              // in case the browser could not be told to close
		<-listening
	})
	c := &chromium{ctx}
	perform(t, c, chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: keepToast})
		return err
	}))
	return c
}

// keepToast keeps the text of the last toast in window.toasted: the toast itself fades
// after a few seconds, which may be over before a busy machine looks at it.
const keepToast = `new MutationObserver(() => {
	const text = document.getElementById("toast")?.textContent;
	if (text) window.toasted = text;
}).observe(document, {subtree: true, childList: true, characterData: true})`

// perform carries out an action within a time limit.
func perform[T any](t testing.TB, c *chromium, a chromedp.Action[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, harness.Patience)
	defer cancel()
	value, err := chromedp.Run(ctx, a)
	if err != nil {
		t.Fatalf("browser: %v; the page says:\n%s", err, c.says())
	}
	return value
}

// says returns the whole text of the page.
func (c *chromium) says() string {
	ctx, cancel := context.WithTimeout(c.ctx, harness.Patience)
	defer cancel()
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body?.innerText ?? ""`))
	return text
}

// open opens a page.
func (c *chromium) open(t testing.TB, address string) {
	t.Helper()
	perform(t, c, chromedp.Navigate(address))
}

// wait waits until an expression is true on the page, or on the one that follows. It
// polls from outside, because the pages' policy forbids eval.
func (c *chromium) wait(t testing.TB, expression string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, harness.Patience)
	defer cancel()
	for {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf("Boolean(%s)", expression)))
		if is {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s (%v); the page says:\n%s", expression, err, c.says())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// click clicks on the element that a selector finds, as a person would.
func (c *chromium) click(t testing.TB, selector string) {
	t.Helper()
	perform(t, c, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// enter replaces the text of a field.
func (c *chromium) enter(t testing.TB, selector, text string) {
	t.Helper()
	evaluate[any](t, c, fmt.Sprintf("document.querySelector(%q).value = ''", selector))
	perform(t, c, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// evaluate returns the value of an expression, which may be a promise.
func evaluate[T any](t testing.TB, c *chromium, expression string) T {
	t.Helper()
	return perform(t, c, chromedp.Evaluate[T](expression, func(p *runtime.EvaluateParams) {
		wait := true
		p.AwaitPromise = &wait
	}))
}

// logIn logs in on the open page.
func (c *chromium) logIn(t testing.TB, user, password string) {
	t.Helper()
	c.wait(t, `document.getElementById("login")`)
	c.enter(t, "[name=user]", user)
	c.enter(t, "[name=password]", password)
	c.click(t, "#login button")
}
