package sources

import (
	"strings"
	"testing"

	"relay/e2e/harness"
)

// src-18: a second source with the right login may take over, and the DJ takes
// precedence over the encoder that plays all day.
func TestTakeover(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+`
[[mount]]
name = "/newest"
takeover = "newest"
[[mount]]
name = "/live"
[[mount.source]]
user = "dj"
password = "one"
[[mount.source]]
user = "auto"
password = "two"
`)
	head := func(mount, user, password string) string {
		return "PUT " + mount + " HTTP/1.1\r\nContent-Type: audio/mpeg\r\nAuthorization: " + harness.Basic(user, password) + "\r\n\r\n"
	}
	first := r.Connect(t, head("/newest", "source", "hackme"))
	first.Frames(t, 100)
	p := r.Tune(t, "/newest")
	if _, _, err := p.InOrder(99); err != nil {
		t.Fatal(err)
	}
	second := r.Connect(t, head("/newest", "source", "hackme"))
	second.Sent = 99
	second.Frames(t, 100)
	if _, end, err := p.InOrder(198); err != nil {
		t.Errorf("after frame %d: %v", end, err)
	}
	if n := r.Left("/newest"); n != 1 {
		t.Errorf("%d sources left, want the first", n)
	}

	auto := r.Connect(t, head("/live", "auto", "two"))
	auto.Frames(t, 100)
	p = r.Tune(t, "/live")
	if _, _, err := p.InOrder(99); err != nil {
		t.Fatal(err)
	}
	dj := r.Connect(t, head("/live", "dj", "one"))
	dj.Sent = 1000
	dj.Frames(t, 100)
	from := func(first uint64) {
		t.Helper()
		for n := uint64(0); n < first; {
			var err error
			if n, err = p.Number(); err != nil {
				t.Fatalf("frame %d is not heard: %v", first, err)
			}
		}
	}
	from(1001)
	if answer := r.Exchange(t, head("/live", "dj", "one")); !strings.HasPrefix(answer, "HTTP/1.0 403 ") || !strings.Contains(answer, "in use by 127.0.0.1") {
		t.Errorf("a second DJ: %q", answer)
	}
	dj.Close()
	stop := make(chan struct{})
	defer close(stop)
	auto.Sent = 5000
	go auto.Play(stop)
	from(5001)
}
