package operations

import (
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"relay/e2e/harness"
)

// A reload takes effect in every package, and no client on the air notices.
func TestReloadWhileOnAir(t *testing.T) {
	t.Parallel()
	music := filepath.Dir(harness.ToneFile(t, 440, 5e9))
	const declared = "[[mount]]\nname = '/live'\ntitle = 'One'\n[[mount]]\nname = '/gone'\nfiles.paths = ['MUSIC']\n"
	before := strings.ReplaceAll(harness.Config+declared, "MUSIC", music)
	path := harness.WriteFile(t, "relay.toml", before)
	r := harness.Run(t, "-c", path)
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	e := r.Encode(t, "/live")
	stop := make(chan struct{})
	defer close(stop)
	go e.Play(stop)
	p := r.Tune(t, "/live", "Icy-MetaData: 1")
	heard, err := p.Number()
	if err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "the music", func() bool { s, _, _ := r.Get(t, "/gone.m3u"); return s == 200 && r.Source(t, "/gone").Title != "" })

	after := strings.ReplaceAll(harness.Config, "hackme", "newpass")
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
	r.Rewrite(t, path, strings.ReplaceAll(after, "MUSIC", music), "configuration loaded")
	if name := r.Source(t, "/live").ServerName; name != "Two" {
		t.Errorf("the name is %q", name)
	}
	harness.Eventually(t, "the new music", func() bool { return r.Source(t, "/music").Title != "" })
	harness.Eventually(t, "the end of the old", func() bool {
		for _, s := range r.Sources(t) {
			if strings.HasSuffix(s.ListenURL, "/gone") {
				return false
			}
		}
		return true
	})
	if status, _, _ := r.Request(t, "GET", "/admin/stats", "admin", "adminpass"); status != http.StatusUnauthorized {
		t.Errorf("the old password: %d", status)
	}
	if status, _, body := r.Request(t, "GET", "/admin/listmounts", "admin", "newadmin"); status != http.StatusOK || !strings.Contains(body, "<fallback>/music</fallback>") {
		t.Errorf("the new password: %d\n%s", status, body)
	}
	if answer := r.Exchange(t, "GET /live HTTP/1.0\r\n\r\n"); !strings.Contains(answer, "max listeners reached") {
		t.Errorf("a second listener: %q", answer)
	}

	r.Rewrite(t, path, after+"[limits]\nbuffer = 'much'\n", "limits.buffer")
	r.Says(t, "relay.toml:", "the previous configuration is still active")
	r.Rewrite(t, path, strings.Replace(after, "127.0.0.1:0", "127.0.0.1:1", 1), `"restart needed": ["server.listen"]`)
	for range 20 {
		r.Rewrite(t, path, after, "configuration loaded")
	}
	first, end, err := p.InOrder(heard + 100)
	if err != nil || first != heard+1 {
		t.Fatalf("frames %d to %d after %d: %v", first, end, heard, err)
	}
}

// A reload without a configuration file changes nothing: the passwords made for the
// run stay.
func TestReloadWithoutConfiguration(t *testing.T) {
	t.Parallel()
	r := harness.Run(t, "-listen", "127.0.0.1:0")
	if err := r.Cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "the reload", func() bool { return strings.Contains(r.Log.String(), "configuration loaded") })
	if status, _, _ := r.Request(t, "GET", "/admin/stats", "admin", r.AdminPassword); status != http.StatusOK {
		t.Errorf("the admin password: %d", status)
	}
	if title := r.Source(t, "/live").Title; title == "" {
		t.Error("the music has ended")
	}
}
