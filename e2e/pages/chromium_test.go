package pages

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"relay/e2e/harness"
)

// chromium is a headless Chromium of a test's own, with its own cookies. What
// pages complain of (errors of scripts, what their policy refuses) fails the
// test.
type chromium struct{ ctx context.Context }

// startChromium starts one. Sound is allowed after a click only, as for people.
func startChromium(t testing.TB) *chromium {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(harness.Program(t, "chromium")), chromedp.NoSandbox, chromedp.Flag("mute-audio", true), chromedp.Flag("disable-gpu", true),
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
			if bad && message.Source != "network" { // what the network answers is no complaint
				t.Errorf("the page complains: %s (%s:%d)", message.Text, message.URL, message.Line+1)
			}
		}
	}()
	t.Cleanup(func() {
		chromedp.Cancel(ctx) // waits for the process
		<-listening
	})
	return &chromium{ctx}
}

// perform carries out an action, for as long as it may reasonably take.
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

// says returns all that the page says.
func (c *chromium) says() string {
	ctx, cancel := context.WithTimeout(c.ctx, harness.Patience)
	defer cancel()
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body?.innerText ?? ""`))
	return text
}

// open goes to a page.
func (c *chromium) open(t testing.TB, address string) {
	t.Helper()
	perform(t, c, chromedp.Navigate(address))
}

// wait waits until an expression is true on the page, or on the one that comes
// next. It asks from here, since the policy of the pages forbids eval.
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
			t.Fatalf("it never was so that %s (%v); the page says:\n%s", expression, err, c.says())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// click presses what a selector finds, where a person would.
func (c *chromium) click(t testing.TB, selector string) {
	t.Helper()
	perform(t, c, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// enter types a text into a field, in place of what is there.
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

// logIn logs in on the page that is open.
func (c *chromium) logIn(t testing.TB, user, password string) {
	t.Helper()
	c.wait(t, `document.getElementById("login")`)
	c.enter(t, "[name=user]", user)
	c.enter(t, "[name=password]", password)
	c.click(t, "#login button")
}
