package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// rewrite replaces a configuration and asks the server to read it, which must
// log what is expected.
func (r *relay) rewrite(t *testing.T, path, toml, expected string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	before := len(r.log.String())
	if err := r.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the reload", func() bool { return strings.Contains(r.log.String()[before:], expected) })
}

// A reload reaches every room, and nobody on the air notices.
func TestReloadWhileOnAir(t *testing.T) {
	music := filepath.Dir(toneFile(t, 440, 5e9))
	const declared = "[[mount]]\nname = '/live'\ntitle = 'One'\n[[mount]]\nname = '/gone'\nfiles.paths = ['MUSIC']\n"
	path := filepath.Join(t.TempDir(), "relay.toml")
	before := strings.ReplaceAll(config+declared, "MUSIC", music)
	if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, "-c", path)
	r.sourcePassword, r.adminPassword = "hackme", "adminpass"
	e := r.encode(t, "/live")
	stop := make(chan struct{})
	defer close(stop)
	go e.play(stop)
	p := r.tune(t, "/live", "Icy-MetaData: 1")
	heard, err := p.number()
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the music", func() bool { s, _, _ := r.get(t, "/gone.m3u"); return s == 200 && r.source(t, "/gone").Title != "" })

	after := strings.ReplaceAll(config, "hackme", "newpass")
	after = strings.ReplaceAll(after, "adminpass", "newadmin") + `
[[mount]]
name = '/live'
title = 'Two'
max_listeners = 1
fallbacks = ['/music']
[[mount]]
name = '/music'
files.paths = ['MUSIC']
`
	r.rewrite(t, path, strings.ReplaceAll(after, "MUSIC", music), "configuration loaded")
	if name := r.source(t, "/live").ServerName; name != "Two" {
		t.Errorf("the name is %q", name)
	}
	eventually(t, "the new music", func() bool { return r.source(t, "/music").Title != "" })
	eventually(t, "the end of the old", func() bool {
		for _, s := range r.sources(t) {
			if strings.HasSuffix(s.ListenURL, "/gone") {
				return false
			}
		}
		return true
	})
	if status, _, _ := r.request(t, "GET", "/admin/stats", "admin", "adminpass"); status != http.StatusUnauthorized {
		t.Errorf("the old password: %d", status)
	}
	if status, _, body := r.request(t, "GET", "/admin/listmounts", "admin", "newadmin"); status != http.StatusOK || !strings.Contains(body, "<fallback>/music</fallback>") {
		t.Errorf("the new password: %d\n%s", status, body)
	}
	if answer := r.exchange(t, "GET /live HTTP/1.0\r\n\r\n"); !strings.Contains(answer, "max listeners reached") {
		t.Errorf("a second listener: %q", answer)
	}

	r.rewrite(t, path, after+"[limits]\nbuffer = 'much'\n", "limits.buffer")
	if !strings.Contains(r.log.String(), "relay.toml:") || !strings.Contains(r.log.String(), "the one in force stays") {
		t.Error("the log does not say where the mistake is, or what becomes of it")
	}
	r.rewrite(t, path, strings.Replace(after, "127.0.0.1:0", "127.0.0.1:1", 1), `"restart needed": ["server.listen"]`)
	for range 20 {
		r.rewrite(t, path, after, "configuration loaded")
	}
	first, end, err := p.inOrder(heard + 100)
	if err != nil || first != heard+1 {
		t.Fatalf("frames %d to %d after %d: %v", first, end, heard, err)
	}
}

// Without a configuration there is nothing to read, and nothing to lose: the
// passwords made for the run stay.
func TestReloadWithoutConfiguration(t *testing.T) {
	r := run(t, "-listen", "127.0.0.1:0")
	if err := r.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the reload", func() bool { return strings.Contains(r.log.String(), "configuration loaded") })
	if status, _, _ := r.request(t, "GET", "/admin/stats", "admin", r.adminPassword); status != http.StatusOK {
		t.Errorf("the admin password: %d", status)
	}
	if title := r.source(t, "/live").Title; title == "" {
		t.Error("the music has ended")
	}
}
