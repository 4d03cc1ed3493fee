package listeners

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// A full server answers its pages and reports that it is healthy; the limit of one
// address applies to that address alone.
func TestFullServerAnswersItsPages(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, strings.Replace(harness.Config, "[auth]", "trusted_proxies = ['127.0.0.1']\n[limits]\nlisteners = 3\nlisteners_per_ip = 2\nsources = 1\n[auth]", 1))
	r.Encode(t, "/live").Frames(t, 100)
	tune := func(ip string) *harness.Player {
		return r.Ask(t, "GET /live HTTP/1.0\r\nX-Forwarded-For: "+ip+"\r\n\r\n")
	}
	const own, forbidden = "192.0.2.1", "HTTP/1.0 403 Forbidden"
	first := tune(own)
	for _, ip := range []string{own, "192.0.2.2"} {
		if p := tune(ip); p.Status != "HTTP/1.0 200 OK" {
			t.Errorf("%s got %q", ip, p.Status)
		}
		if p := tune(own); ip == own && p.Status != forbidden {
			t.Errorf("a third from one address got %q", p.Status)
		}
	}
	if p := tune("192.0.2.3"); p.Status != forbidden {
		t.Errorf("a fourth listener got %q", p.Status)
	}
	if answer := r.Exchange(t, "PUT /more HTTP/1.1\r\nContent-Type: audio/mpeg\r\nAuthorization: "+harness.Basic("source", "hackme")+"\r\n\r\n"); !strings.HasPrefix(answer, forbidden) {
		t.Errorf("a second source got %q", answer)
	}
	for _, path := range []string{"/healthz", "/", "/status-json.xsl", "/metrics", "/7.html", "/live.m3u"} {
		if status, _, _ := r.Get(t, path); status != 200 {
			t.Errorf("%s on a full server: %d", path, status)
		}
	}
	if status, _ := r.Admin(t, "/admin/stats"); status != 200 {
		t.Errorf("the operator on a full server: %d", status)
	}
	first.Close()
	harness.Eventually(t, "room for another", func() bool { return tune(own).Status == "HTTP/1.0 200 OK" })
}

// Connections without a request are closed to make room for requests.
func TestSilentConnectionsGoFirst(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, strings.Replace(harness.Config, "[auth]", "[limits]\nconnections = 20\nheader_timeout = '1h'\n[auth]", 1))
	r.Encode(t, "/live").Frames(t, 100)
	p := r.Tune(t, "/live")
	var silent []net.Conn
	harness.Eventually(t, "the end of the first silent connection", func() bool {
		for range 10 {
			conn := r.Dial(t)
			io.WriteString(conn, "GET / HT") // some send a few bytes
			silent = append(silent, conn)
		}
		silent[0].SetReadDeadline(time.Now().Add(time.Millisecond))
		_, err := silent[0].Read(make([]byte, 1))
		return !harness.IsTimeout(err)
	})
	for _, path := range []string{"/healthz", "/status-json.xsl"} {
		if status, _, _ := r.Get(t, path); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
	newest := silent[len(silent)-1]
	io.WriteString(newest, "TP/1.0\r\n\r\n")
	if answer, _ := io.ReadAll(newest); !strings.Contains(string(answer), " 200 OK") {
		t.Errorf("the newest connection got %q", answer)
	}
	if _, err := p.Frame(); err != nil {
		t.Errorf("the listener: %v", err)
	}
	r.Says(t, "connections that said nothing were closed")
	if n := r.Said("connections that said nothing were closed"); n != 1 {
		t.Errorf("%d lines in the log", n)
	}
}
