package icecast

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/mounts"
)

// A title goes to the source whose login the request has, be it in pass= or in the
// request's head.
func TestTitlesBelongToTheLogin(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte(`
[auth]
admin_password = "adminpass"
[[mount]]
name = "/live"
[[mount.source]]
user = "dj1"
password = "one"
[[mount.source]]
user = "dj2"
password = "two"
`))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	registry := mounts.NewRegistry(live, nil, zap.NewNop())
	for _, user := range []string{"dj1", "dj2"} {
		if _, err := registry.Attach("/live", mounts.Feed{Kind: mounts.LiveSource, User: user}); err != nil {
			t.Fatal(err)
		}
	}
	h := &Handlers{Conf: live, Registry: registry, Gate: auth.NewGate(live, zap.NewNop()), Traffic: noTraffic{}, Log: zap.NewNop()}
	for i, tt := range []struct{ pass, user, password, titled string }{
		{"dj1:one", "", "", "dj1"},
		{"dj2:two", "", "", "dj2"},
		{"two", "", "", "dj2"},
		{"/live:two:#1", "", "", "dj2"},
		{"", "dj2", "two", "dj2"},
		{"dj2:two", "dj1", "one", "dj2"},
		{"adminpass", "", "", "dj1"}, // a login without a source sets the title of the first source
	} {
		title := fmt.Sprint("title ", i)
		req := httptest.NewRequest(http.MethodGet, "/admin.cgi", nil)
		q := req.URL.Query()
		q.Set("mode", "updinfo")
		q.Set("mount", "/live")
		q.Set("song", title)
		q.Set("pass", tt.pass)
		req.URL.RawQuery = q.Encode()
		if tt.user != "" {
			req.SetBasicAuth(tt.user, tt.password)
		}
		w := httptest.NewRecorder()
		h.AdminCGI(w, req)
		if w.Code != http.StatusOK {
			t.Errorf("%+v: %d %s", tt, w.Code, w.Body)
		}
		for _, in := range registry.Find("/live").Inputs() {
			if (in.Title.Text == title) != (in.User == tt.titled) {
				t.Errorf("%+v: %s has %q", tt, in.User, in.Title.Text)
			}
		}
	}
}
