package e2e

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// az-11: files with addresses and User-Agents are read again when they change,
// and count for those who are connected already.
func TestBanFiles(t *testing.T) {
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
	r := start(t, strings.Replace(config, "[auth]", "trusted_proxies = ['127.0.0.1']\n[auth]\ndeny_ips_file = '"+ips+"'\ndeny_agents_file = '"+agents+"'\n", 1))
	from := func(ip, agent string) string {
		return "X-Forwarded-For: " + ip + "\r\nUser-Agent: " + agent + "\r\n"
	}
	source := func(ip, mount string) string {
		return "SOURCE " + mount + " HTTP/1.0\r\n" + from(ip, "Encoder") + "Authorization: " + basic("source", "hackme") + "\r\n\r\n"
	}
	tune := func(ip, agent string) *player {
		return r.ask(t, "GET /live HTTP/1.0\r\n"+from(ip, agent)+"\r\n")
	}
	live := r.connect(t, source("198.51.100.1", "/live"))
	live.frames(t, 50)
	stop := make(chan struct{})
	defer close(stop)
	go live.play(stop)
	other := r.connect(t, source("203.0.113.9", "/other"))
	other.frames(t, 50)
	go other.play(stop)

	for _, request := range []string{"GET /live", "GET /", "GET /status-json.xsl", "GET /admin/stats", "PUT /new", "SOURCE /new", "STATS /", "OPTIONS /live", "GET /metrics"} {
		if answer := r.exchange(t, request+" HTTP/1.0\r\n"+from("192.0.2.7", "Player")+"Authorization: "+basic("admin", "adminpass")+"\r\n\r\n"); !strings.HasPrefix(answer, "HTTP/1.0 403 ") {
			t.Errorf("%s from a denied address: %q", request, answer)
		}
	}
	if answer := r.exchange(t, "GET /healthz HTTP/1.0\r\n"+from("192.0.2.7", "Balancer")+"\r\n"); !strings.Contains(answer, " 200 OK") {
		t.Errorf("health from a denied address: %q", answer)
	}
	if p := tune("198.51.100.2", "firstbot/1.0"); !strings.HasPrefix(p.status, "HTTP/1.0 403 ") {
		t.Errorf("a denied program: %q", p.status)
	}
	if answer := r.exchange(t, "GET /status-json.xsl HTTP/1.0\r\n"+from("198.51.100.2", "FirstBot/1.0")+"\r\n"); !strings.Contains(answer, " 200 OK") {
		t.Errorf("a denied program may look at the status all the same: %q", answer)
	}

	stays, bot, banned := tune("198.51.100.3", "Player"), tune("198.51.100.3", "SecondBot/2"), tune("203.0.113.4", "Player")
	for _, p := range []*player{stays, bot, banned} {
		if _, err := p.frame(); err != nil {
			t.Fatalf("%q: %v", p.status, err)
		}
	}
	write(ips, "192.0.2.0/24\n203.0.113.*\n")
	if _, err := io.Copy(io.Discard, banned); err != nil {
		t.Errorf("a listener at an address that is denied now got %v, not an end", err)
	}
	eventually(t, "the end of the source", func() bool { return len(r.sources(t)) == 1 })
	write(agents, "SecondBot*\n")
	if _, err := io.Copy(io.Discard, bot); err != nil {
		t.Errorf("a listener with a program that is denied now got %v, not an end", err)
	}
	for range 100 {
		if _, err := stays.frame(); err != nil {
			t.Fatalf("who is not denied: %v", err)
		}
	}
	if p := tune("198.51.100.2", "FirstBot/1.0"); p.status != "HTTP/1.0 200 OK" {
		t.Errorf("a program that is not denied any more: %q", p.status)
	}
	if !strings.Contains(r.log.String(), "have been let go") {
		t.Error("the log does not tell that listeners were let go")
	}
}

// A reload denies and pardons as a file does; SHOUTcast's sources are denied in
// their own dialect.
func TestBansInTheConfiguration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "relay.toml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, "-c", path)
	r.sourcePassword, r.adminPassword = "hackme", "adminpass"
	r.shoutcast(t, "/live:hackme\r\n", "icy-name:x\r\n\r\n").frames(t, 50)
	eventually(t, "the source", func() bool { return len(r.sources(t)) == 1 })
	p := r.tune(t, "/live")
	denied := strings.Replace(config, "[auth]", "[auth]\ndeny_ips = ['127.0.0.0/8']", 1)
	r.rewrite(t, path, denied, "configuration loaded")
	if _, err := io.Copy(io.Discard, p); err != nil {
		t.Errorf("the listener got %v, not an end", err)
	}
	for what, want := range map[string]string{"hackme\r\nicy-name:x\r\n\r\n": "invalid password", "GET / HTTP/1.0\r\n\r\n": "403"} {
		if answer := r.exchange(t, what); !strings.Contains(answer, want) {
			t.Errorf("%q: %q", what, answer)
		}
	}
	r.rewrite(t, path, config, "configuration loaded")
	eventually(t, "the pardon", func() bool { status, _, _ := r.get(t, "/"); return status == 200 })
}
