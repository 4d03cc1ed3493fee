package listeners

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// az-11: files with addresses and User-Agents are read again when they change, and
// apply to connected clients as well.
func TestBanFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ips, agents := filepath.Join(dir, "ips"), filepath.Join(dir, "agents")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(ips, "192.0.2.0/24\n")
	write(agents, "# bots\nFirstBot/*\n")
	r := harness.Start(t, strings.Replace(harness.Config, "[auth]", "trusted_proxies = ['127.0.0.1']\n[auth]\ndeny_ips_file = '"+ips+"'\ndeny_agents_file = '"+agents+"'\n", 1))
	from := func(ip, agent string) string {
		return "X-Forwarded-For: " + ip + "\r\nUser-Agent: " + agent + "\r\n"
	}
	source := func(ip, mount string) string {
		return "SOURCE " + mount + " HTTP/1.0\r\n" + from(ip, "Encoder") + "Authorization: " + harness.Basic("source", "hackme") + "\r\n\r\n"
	}
	tune := func(ip, agent string) *harness.Player {
		return r.Ask(t, "GET /live HTTP/1.0\r\n"+from(ip, agent)+"\r\n")
	}
	live := r.Connect(t, source("198.51.100.1", "/live"))
	live.Frames(t, 50)
	stop := make(chan struct{})
	defer close(stop)
	go live.Play(stop)
	other := r.Connect(t, source("203.0.113.9", "/other"))
	other.Frames(t, 50)
	go other.Play(stop)

	for _, request := range []string{"GET /live", "GET /", "GET /status-json.xsl", "GET /admin/stats", "PUT /new", "SOURCE /new", "STATS /", "OPTIONS /live", "GET /metrics"} {
		if answer := r.Exchange(t, request+" HTTP/1.0\r\n"+from("192.0.2.7", "Player")+"Authorization: "+harness.Basic("admin", "adminpass")+"\r\n\r\n"); !strings.HasPrefix(answer, "HTTP/1.0 403 ") {
			t.Errorf("%s from a denied address: %q", request, answer)
		}
	}
	if answer := r.Exchange(t, "GET /healthz HTTP/1.0\r\n"+from("192.0.2.7", "Balancer")+"\r\n"); !strings.Contains(answer, " 200 OK") {
		t.Errorf("health from a denied address: %q", answer)
	}
	if p := tune("198.51.100.2", "firstbot/1.0"); !strings.HasPrefix(p.Status, "HTTP/1.0 403 ") {
		t.Errorf("a denied program: %q", p.Status)
	}
	if answer := r.Exchange(t, "GET /status-json.xsl HTTP/1.0\r\n"+from("198.51.100.2", "FirstBot/1.0")+"\r\n"); !strings.Contains(answer, " 200 OK") {
		t.Errorf("a denied program may look at the status all the same: %q", answer)
	}

	stays, bot, banned := tune("198.51.100.3", "Player"), tune("198.51.100.3", "SecondBot/2"), tune("203.0.113.4", "Player")
	for _, p := range []*harness.Player{stays, bot, banned} {
		if _, err := p.Frame(); err != nil {
			t.Fatalf("%q: %v", p.Status, err)
		}
	}
	write(ips, "192.0.2.0/24\n203.0.113.*\n")
	if _, err := io.Copy(io.Discard, banned); err != nil {
		t.Errorf("a listener at an address that is denied now got %v, not an end", err)
	}
	harness.Eventually(t, "the end of the source", func() bool { return len(r.Sources(t)) == 1 })
	write(agents, "SecondBot*\n")
	if _, err := io.Copy(io.Discard, bot); err != nil {
		t.Errorf("a listener with a program that is denied now got %v, not an end", err)
	}
	for range 100 {
		if _, err := stays.Frame(); err != nil {
			t.Fatalf("a client that is not banned: %v", err)
		}
	}
	if p := tune("198.51.100.2", "FirstBot/1.0"); p.Status != "HTTP/1.0 200 OK" {
		t.Errorf("a program that is not denied any more: %q", p.Status)
	}
	r.Says(t, "banned clients disconnected")
}

// A reload adds and lifts bans as a file does; SHOUTcast's sources are refused in
// their own dialect.
func TestBansInTheConfiguration(t *testing.T) {
	t.Parallel()
	path := harness.WriteFile(t, "relay.toml", harness.Config)
	r := harness.Run(t, "-c", path)
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	r.Shoutcast(t, "/live:hackme\r\n", "icy-name:x\r\n\r\n").Frames(t, 50)
	harness.Eventually(t, "the source", func() bool { return len(r.Sources(t)) == 1 })
	p := r.Tune(t, "/live")
	denied := strings.Replace(harness.Config, "[auth]", "[auth]\ndeny_ips = ['127.0.0.0/8']", 1)
	r.Rewrite(t, path, denied, "configuration loaded")
	if _, err := io.Copy(io.Discard, p); err != nil {
		t.Errorf("the listener got %v, not an end", err)
	}
	for what, want := range map[string]string{"hackme\r\nicy-name:x\r\n\r\n": "invalid password", "GET / HTTP/1.0\r\n\r\n": "403"} {
		if answer := r.Exchange(t, what); !strings.Contains(answer, want) {
			t.Errorf("%q: %q", what, answer)
		}
	}
	r.Rewrite(t, path, harness.Config, "configuration loaded")
	harness.Eventually(t, "the pardon", func() bool { status, _, _ := r.Get(t, "/"); return status == 200 })
}
