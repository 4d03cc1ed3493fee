package listeners

import (
	"strings"
	"testing"

	"relay/e2e/harness"
)

// A listener that finds no place is redirected to another server, if one is
// configured, after the mount that takes the overflow.
func TestRedirectWhenFull(t *testing.T) {
	t.Parallel()
	const other = "http://other.example:8000/live?x=1"
	r := harness.Start(t, harness.Config+`
[[mount]]
name = "/live"
max_listeners = 1
redirect_full = "`+other+`"
[[mount]]
name = "/first"
max_listeners = 1
fallback_full = "/overflow"
redirect_full = "`+other+`"
[[mount]]
name = "/overflow"
max_listeners = 1
[[mount]]
name = "/plain"
max_listeners = 1
`)
	for _, mount := range []string{"/live", "/first", "/overflow", "/plain"} {
		r.Encode(t, mount).Frames(t, 100)
	}
	full := func(mount, status, location string) {
		t.Helper()
		p := r.Ask(t, "GET "+mount+" HTTP/1.0\r\n\r\n")
		if !strings.HasPrefix(p.Status, "HTTP/1.0 "+status) || p.Header["location"] != location {
			t.Errorf("%s: %q, %v", mount, p.Status, p.Header)
		}
	}
	r.Tune(t, "/live")
	full("/live", "302", other)
	r.Tune(t, "/first")
	r.Tune(t, "/first") // it is moved to /overflow
	full("/first", "302", other)
	full("/overflow", "403", "")
	r.Tune(t, "/plain")
	full("/plain", "403", "")
}

// A mount's own header lines are sent to its listeners, and to no other client.
func TestHeadersOfAMount(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+`
[[mount]]
name = "/live"
headers = { "icy-logo" = "https://radio.example/logo.png", "icy-country-code" = "DE", "icy-name" = "Ours", "icy-index-metadata" = "1" }
`)
	for _, mount := range []string{"/live", "/other"} {
		r.Encode(t, mount, "ice-name: Theirs").Frames(t, 100)
	}
	for _, request := range []string{"GET", "HEAD"} {
		p := r.Ask(t, request+" /live HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n")
		for name, want := range map[string]string{"icy-logo": "https://radio.example/logo.png", "icy-country-code": "DE", "icy-name": "Ours", "icy-index-metadata": "1", "icy-metaint": "16000"} {
			if got := p.Header[name]; got != want {
				t.Errorf("%s: %s is %q, want %q", request, name, got, want)
			}
		}
		if !strings.Contains(p.Header["access-control-expose-headers"], "icy-country-code") {
			t.Errorf("scripts may read %q", p.Header["access-control-expose-headers"])
		}
	}
	if p := r.Tune(t, "/other"); p.Header["icy-logo"] != "" || p.Header["icy-name"] != "Theirs" {
		t.Errorf("another mount: %v", p.Header)
	}
	if _, _, err := r.Tune(t, "/live").InOrder(90); err != nil {
		t.Error(err)
	}
}
