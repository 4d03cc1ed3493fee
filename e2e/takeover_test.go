package e2e

import (
	"strings"
	"testing"
)

// src-18: a second source with the right login may take over, and the DJ goes
// before the encoder that plays all day.
func TestTakeover(t *testing.T) {
	r := start(t, config+`
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
		return "PUT " + mount + " HTTP/1.1\r\nContent-Type: audio/mpeg\r\nAuthorization: " + basic(user, password) + "\r\n\r\n"
	}
	first := r.connect(t, head("/newest", "source", "hackme"))
	first.frames(t, 100)
	p := r.tune(t, "/newest")
	if _, _, err := p.inOrder(99); err != nil {
		t.Fatal(err)
	}
	second := r.connect(t, head("/newest", "source", "hackme"))
	second.sent = 99
	second.frames(t, 100)
	if _, end, err := p.inOrder(198); err != nil {
		t.Errorf("after frame %d: %v", end, err)
	}
	if n := r.left("/newest"); n != 1 {
		t.Errorf("%d sources left, want the first", n)
	}

	auto := r.connect(t, head("/live", "auto", "two"))
	auto.frames(t, 100)
	p = r.tune(t, "/live")
	if _, _, err := p.inOrder(99); err != nil {
		t.Fatal(err)
	}
	dj := r.connect(t, head("/live", "dj", "one"))
	dj.sent = 1000
	dj.frames(t, 100)
	from := func(first uint64) {
		t.Helper()
		for n := uint64(0); n < first; {
			var err error
			if n, err = p.number(); err != nil {
				t.Fatalf("frame %d is not heard: %v", first, err)
			}
		}
	}
	from(1001)
	if answer := r.exchange(t, head("/live", "dj", "one")); !strings.HasPrefix(answer, "HTTP/1.0 403 ") || !strings.Contains(answer, "in use by 127.0.0.1") {
		t.Errorf("a second DJ: %q", answer)
	}
	dj.Close()
	stop := make(chan struct{})
	defer close(stop)
	auto.sent = 5000
	go auto.play(stop)
	from(5001)
}
