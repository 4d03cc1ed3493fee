package icecast

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/mounts"
)

// noMusic is the Music of a server without AutoDJ.
type noMusic struct{}

func (noMusic) Skip(string) error                      { return errNoSource }
func (noMusic) Queue(string, string) error             { return errNoSource }
func (noMusic) Coming(string) ([]mounts.Coming, error) { return nil, errNoSource }
func (noMusic) ClearQueue(string) error                { return errNoSource }

// Every command takes the login of the operator, and that of the source of the mount that
// it names.
func TestWhoMayCommand(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte(`
[auth]
source_password = "hackme"
admin_password = "adminpass"
relay_password = "relaypass"
[[mount]]
name = "/own"
source_user = "dj"
source_password = "own"
`))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	letIn := func(name, query, user, password string) bool {
		h := &Handlers{Conf: live, Registry: mounts.NewRegistry(live, nil, zap.NewNop()), Gate: auth.NewGate(live, zap.NewNop()), Traffic: noTraffic{}, Log: zap.NewNop(), Music: noMusic{}}
		req := httptest.NewRequest(http.MethodGet, "/admin/"+name+"?"+query, nil)
		if user != "" {
			req.SetBasicAuth(user, password)
		}
		w := httptest.NewRecorder()
		h.command(w, req, name, commands[name])
		return w.Code != http.StatusUnauthorized
	}
	for name, command := range commands {
		for _, login := range []struct {
			user, password string
			of             map[string]bool // the named mount, if any
		}{
			{"", "", nil},
			{"admin", "wrong", nil},
			{"relay", "relaypass", nil},
			{"source", "hackme", map[string]bool{"/live": true}},
			{"dj", "own", map[string]bool{"/own": true}},
			{"admin", "adminpass", map[string]bool{"": true, "/live": true, "/own": true}},
		} {
			for _, mount := range []string{"", "/live", "/own"} {
				if got := letIn(name, "mount="+mount, login.user, login.password); got != login.of[mount] {
					t.Errorf("%s of %q by %s:%s is let in: %v", name, mount, login.user, login.password, got)
				}
				if command.other == "" {
					continue
				}
				got := letIn(name, "mount="+mount+"&"+command.other+"=/own", login.user, login.password)
				if want := login.of[mount] && login.of["/own"]; got != want {
					t.Errorf("%s of %q and /own by %s:%s is let in: %v", name, mount, login.user, login.password, got)
				}
			}
		}
	}
}

// A page can set a title only if it is one of our own. A browser that does not name the
// page counts as another site's, and a program may always set titles. A password in the
// address shows that no browser added the login by itself.
func TestPagesOfOthersSetNoTitles(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte("[auth]\nsource_password = 'hackme'"))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	const browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
	for _, from := range []struct {
		who    string
		header map[string]string
		set    bool
	}{
		{"butt", map[string]string{"User-Agent": "butt 1.40.0"}, true},
		{"libshout", map[string]string{"User-Agent": "libshout/2.4.6"}, true},
		{"Liquidsoap", map[string]string{"User-Agent": "Liquidsoap/2.3.0 (Unix; OCaml 4.14.0)"}, true},
		{"a SHOUTcast source", map[string]string{"User-Agent": "SHOUTcast Metadata Updater (Mozilla Compatible)"}, true},
		{"a program that calls itself a browser", map[string]string{"User-Agent": "Mozilla/5.0"}, true},
		{"a program that says nothing", nil, true},
		{"our page", map[string]string{"User-Agent": browser, "Accept-Language": "de", "Referer": "http://radio.example/dj/live"}, true},
		{"another page", map[string]string{"User-Agent": browser, "Accept-Language": "de", "Referer": "http://evil.example/"}, false},
		{"another page by TLS", map[string]string{"User-Agent": browser, "Accept-Language": "de", "Sec-Fetch-Site": "cross-site"}, false},
		{"a page that hides where it is", map[string]string{"User-Agent": browser, "Accept-Language": "de"}, false},
		{"a page that hides more", map[string]string{"User-Agent": browser, "Accept-Language": ""}, false},
	} {
		for path, ambient := range map[string]bool{
			"/admin/metadata?mode=updinfo&mount=/live&song=x":        true,
			"/admin/metadata.xsl?mode=updinfo&mount=/live&song=x":    true,
			"/admin.cgi?mode=updinfo&mount=/live&song=x":             true,
			"/admin.cgi?mode=updinfo&mount=/live&song=x&pass=hackme": false,
		} {
			h := &Handlers{Conf: live, Registry: mounts.NewRegistry(live, nil, zap.NewNop()), Gate: auth.NewGate(live, zap.NewNop()), Traffic: noTraffic{}, Log: zap.NewNop(), Music: noMusic{}}
			if _, err := h.Registry.Attach("/live", mounts.Feed{Kind: mounts.Files}); err != nil {
				t.Fatal(err)
			}
			req := httptest.NewRequest(http.MethodGet, "http://radio.example"+path, nil)
			if ambient {
				req.SetBasicAuth("source", "hackme")
			}
			for name, value := range from.header {
				req.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			if strings.HasPrefix(path, "/admin.cgi") {
				h.AdminCGI(w, req)
			} else {
				h.Metadata(w, req)
			}
			if set := w.Code == http.StatusOK; set != (from.set || !ambient) || !set && w.Code != http.StatusForbidden {
				t.Errorf("%s asks for %s: %d", from.who, path, w.Code)
			}
		}
	}
}

// A page can run a command that changes something only if it is one of our own.
func TestPagesOfOthersCommandNothing(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte("[auth]\nadmin_password = 'adminpass'"))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	for name, command := range commands {
		for _, from := range []struct {
			header, value string
			other         bool
		}{
			{"Sec-Fetch-Site", "cross-site", true},
			{"Referer", "http://evil.example/", true},
			{"Accept-Language", "de", true}, // a browser that names no page
			{"Sec-Fetch-Site", "none", false},
			{"Referer", "http://radio.example/admin/", false},
		} {
			h := &Handlers{Conf: live, Registry: mounts.NewRegistry(live, nil, zap.NewNop()), Gate: auth.NewGate(live, zap.NewNop()), Traffic: noTraffic{}, Log: zap.NewNop(), Music: noMusic{}}
			req := httptest.NewRequest(http.MethodGet, "http://radio.example/admin/"+name+"?mount=/live", nil)
			req.SetBasicAuth("admin", "adminpass")
			req.Header.Set("User-Agent", "Mozilla/5.0")
			req.Header.Set(from.header, from.value)
			w := httptest.NewRecorder()
			h.command(w, req, name, command)
			if refused := w.Code == http.StatusForbidden; refused != (command.changes && from.other) {
				t.Errorf("%s with %s: %s: %d", name, from.header, from.value, w.Code)
			}
		}
	}
}
