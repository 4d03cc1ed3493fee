package pages

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"relay/icy"
	"relay/mounts"
)

// A shortcut leads to its page, relative to the address of the request. A declared mount
// takes precedence over a shortcut of the same name.
func TestShortcuts(t *testing.T) {
	const several = "[[mount]]\nname = '/*'\n[[mount]]\nname = '/a-hidden'\nhidden = true\n[[mount]]\nname = '/jazz club'\n[[mount]]\nname = '/zouk'\n"
	const one = "[[mount]]\nname = '/show'\n[[mount]]\nname = '/status'\n"
	for _, tt := range []struct{ toml, path, want string }{
		{"", "/dj", "/dj/live"}, {"", "/dj/", "/dj/live"}, {"", "/studio", "/dj/live"}, {"", "/player", "/player/live"}, {"", "/player/", "/player/live"},
		{house, "/dj", "/dj/live"}, {several, "/dj", "/dj/jazz%20club"}, {several, "/player/", "/player/jazz%20club"},
		{one, "/studio", "/dj/show"}, {one, "/player", "/player/show"}, {one, "/status", ""}, {"", "/dashboard/more", ""},
		{"", "/status", "/"}, {"", "/status/", "/"}, {"", "/dashboard", "/admin/"}, {"", "/login/", "/admin/"}, {"", "/admin/index.html", "/admin/"},
		{"", "/api", "/api/v1/openapi.json"}, {"", "/api/v1/", "/api/v1/openapi.json"},
		{"", "/", ""}, {"", "/dj/live", ""}, {"", "/live", ""}, {"", "/djs", ""}, {"[[mount]]\nname = '/studio'\n", "/studio", ""},
	} {
		h := newHandlers(t, tt.toml)
		if h.IsShortcut(tt.path) != (tt.want != "") {
			t.Errorf("%s is a shortcut: %v", tt.path, tt.want == "")
		}
		if tt.want == "" {
			continue
		}
		w := httptest.NewRecorder()
		h.Shortcut(w, httptest.NewRequest("GET", tt.path, nil))
		for _, base := range []string{"http://radio", "http://radio/in/a/folder"} { // the second behind a proxy
			from, err := url.Parse(base + tt.path)
			if err != nil {
				t.Fatal(err)
			}
			to, err := from.Parse(w.Header().Get("Location"))
			if err != nil || w.Code != 302 || to.String() != base+tt.want {
				t.Errorf("%s leads to %v (%d, %v)", from, to, w.Code, err)
			}
		}
	}
	h := newHandlers(t, "")
	h.broadcast(t, "/show", icy.Station{}, mounts.Title{})
	w := httptest.NewRecorder()
	h.Shortcut(w, httptest.NewRequest("GET", "/dj", nil))
	if to := w.Header().Get("Location"); !strings.HasSuffix(to, "dj/show") {
		t.Errorf("with a source on /show alone it leads to %s", to)
	}
}
