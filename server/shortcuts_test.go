package server

import (
	"net/http"
	"strings"
	"testing"
)

// GET and HEAD of a shortcut redirect, also below the prefixes of other routes. Other
// methods, other paths and declared mounts do not. TestShortcuts of web/pages lists the
// pages of the shortcuts.
func TestShortcutsAreRouted(t *testing.T) {
	for _, test := range []struct {
		method, path, toml string
		status             int
		location           string
	}{
		{"GET", "/dj", "", 302, "dj/live"},
		{"HEAD", "/dj", "", 302, "dj/live"},
		{"GET", "/dj?x=y", "", 302, "dj/live"},
		{"GET", "/player/", "", 302, "../player/live"},
		{"GET", "/status", "[[mount]]\nname = '/status'\n", 404, ""}, // the mount, which plays nothing
		{"GET", "/admin/index.html", "", 302, "../admin/"},
		{"GET", "/api/v1/", "", 302, "../../api/v1/openapi.json"},
		{"POST", "/dj", "", 405, ""},
		{"DELETE", "/dashboard", "", 405, ""},
		{"GET", "/djs", "", 404, ""},
		{"GET", "/dashboard/more", "", 404, ""},
	} {
		s := newServer(t, test.toml)
		l := listen(t)
		stop := runServer(t, s, l)
		req, err := http.NewRequest(test.method, "http://"+l.Addr().String()+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultTransport.RoundTrip(req) // does not follow redirects
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if location := answer.Header.Get("Location"); answer.StatusCode != test.status || location != test.location {
			t.Errorf("%s %s with %q: %d to %q, want %d to %q", test.method, test.path, strings.Join(strings.Fields(test.toml), " "), answer.StatusCode, location, test.status, test.location)
		}
		stop()
	}
}
