package conf

import (
	"strings"
	"testing"
	"time"
)

func TestRenditions(t *testing.T) {
	c := parse(t, `
[[mount]]
name = "/live"
[[mount.rendition]]
name = "/live-64"
bitrate = 64
[[mount.rendition]]
name = "/live-low"
bitrate = 33
command = "my-encoder"
on_demand = true
`)
	want := []Rendition{{Name: "/live-64", BitRate: 64}, {Name: "/live-low", BitRate: 33, Command: "my-encoder", OnDemand: true}}
	if got := c.Mount("/live").Renditions; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v", got)
	}
}

func TestRenditionErrors(t *testing.T) {
	const mount = "[[mount]]\nname = '/live'\n"
	for text, want := range map[string]string{
		"rendition = [{ bitrate = 64 }]":                                             `relay.toml:3: mount.rendition.name: needs a name, such as name = "/live-64"`,
		"rendition = [{ name = '/live', bitrate = 64 }]":                             `relay.toml:3: mount.rendition.name = "/live": is this mount itself`,
		"rendition = [{ name = '/a' }]":                                              `relay.toml:3: mount.rendition.bitrate: needs a bit rate in kbit/s, such as bitrate = 64`,
		"rendition = [{ name = '/a', bitrate = 65 }]":                                `relay.toml:3: mount.rendition.bitrate = 65: is not a bit rate of MP3: use 8 to 320, such as 32, 64, 96, 128, 192`,
		"rendition = [{ name = '/a', bitrate = 64 }, { name = '/a', bitrate = 32 }]": `relay.toml:3: mount.rendition.name = "/a": is already a rendition: each mount has one encoder`,
		"[[mount]]\nname = '/x*'\nrendition = [{ name = '/a', bitrate = 64 }]":       `relay.toml:5: mount.rendition: needs a mount of its own: /x* is a pattern`,
	} {
		if _, err := Parse("relay.toml", []byte(mount+text)); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// A rendition follows the rules of its mount. Settings for the rendition alone change
// the rules for listeners; none of them allows sources.
func TestRenditionsInheritRules(t *testing.T) {
	const closed = `
[auth]
source_password = "of the server"
[[mount]]
name = "/live"
hidden = true
max_listeners = 100
max_duration = "1h"
source_user = "dj"
source_password = "own"
listener_auth = { token_secret = "sixteen or more of them", stream_auth = "http://127.0.0.1/ask", on_source = "http://127.0.0.1/told" }
rendition = [{ name = "/live-64", bitrate = 64 }]
`
	type rules struct {
		hidden       bool
		most         int
		stay         Duration
		file, secret string
		user         string
	}
	inherited := rules{true, 100, Duration(time.Hour), "", "sixteen or more of them", "dj"}
	for name, test := range map[string]struct {
		more string
		want rules
	}{
		"nothing else":               {"", inherited},
		"a title of its own":         {"[[mount]]\nname = '/live-64'\ntitle = 'Small'\nlistener_auth.on_source = 'http://127.0.0.1/x'\n", inherited},
		"a pattern for all":          {"[[mount]]\nname = '/*'\nhidden = false\nmax_listeners = 5\nsource_password = 'pattern'\nlistener_auth.htpasswd_file = '/x'\n", inherited},
		"a login of its own":         {"[[mount]]\nname = '/live-64'\nsource_user = 'other'\nsource_password = 'other'\n", inherited},
		"several logins of its own":  {"[[mount]]\nname = '/live-64'\nsource = [{ user = 'other', password = 'other' }]\n", inherited},
		"a pattern's login":          {"[[mount]]\nname = '/live-*'\nsource_password = 'pattern'\n", inherited},
		"listeners of its own":       {"[[mount]]\nname = '/live-64'\nlistener_auth.htpasswd_file = '/x'\n", rules{true, 100, Duration(time.Hour), "/x", "", "dj"}},
		"listeners by a pattern":     {"[[mount]]\nname = '/live-*'\nlistener_auth.htpasswd_file = '/x'\n", rules{true, 100, Duration(time.Hour), "/x", "", "dj"}},
		"opened on purpose":          {"[[mount]]\nname = '/live-64'\nhidden = false\nmax_listeners = 0\nmax_duration = '0s'\nlistener_auth.token_secret = ''\n", rules{false, 0, 0, "", "", "dj"}},
		"limits of its own":          {"[[mount]]\nname = '/live-64'\nmax_listeners = 7\nmax_duration = '5m'\n", rules{true, 7, Duration(5 * time.Minute), "", "sixteen or more of them", "dj"}},
		"a rendition of a rendition": {"[[mount]]\nname = '/live-48'\nrendition = [{ name = '/live-64', bitrate = 64 }]\n", rules{true, 100, Duration(time.Hour), "", "sixteen or more of them", "dj"}},
	} {
		text := closed + test.more
		if name == "a rendition of a rendition" {
			text = strings.Replace(closed, `"/live-64"`, `"/live-48"`, 1) + test.more
		}
		m := parse(t, text).Mount("/live-64")
		logins := m.SourceLogins()
		got := rules{m.Hidden, m.MaxListeners, m.MaxDuration, m.ListenerAuth.HtpasswdFile, m.ListenerAuth.TokenSecret.Reveal(), logins[0].User}
		if got != test.want || len(logins) != 1 || logins[0].Password.Reveal() != "own" {
			t.Errorf("%s: got %+v, %d logins, want %+v", name, got, len(logins), test.want)
		}
		if m.ListenerAuth.StreamAuth != "http://127.0.0.1/ask" || m.ListenerAuth.OnSource == "http://127.0.0.1/told" || m.Name != "/live-64" {
			t.Errorf("%s: %+v", name, m)
		}
	}
	open := parse(t, "[[mount]]\nname = '/*'\nlistener_auth.htpasswd_file = '/x'\n[[mount]]\nname = '/live'\nlistener_auth.htpasswd_file = ''\nrendition = [{ name = '/live-64', bitrate = 64 }]\n")
	if open.Mount("/live-64").ListenerAuth.AsksListeners() {
		t.Error("the rendition of an open mount asks its listeners for a login")
	}
}

func TestRenditionsInACircle(t *testing.T) {
	const circle = "[[mount]]\nname = '/a'\nrendition = [{ name = '/b', bitrate = 64 }]\n[[mount]]\nname = '/b'\nrendition = [{ name = '/a', bitrate = 64 }, { name = '/c', bitrate = 64 }]\n"
	_, err := Parse("relay.toml", []byte(circle))
	if err == nil || !strings.Contains(err.Error(), `relay.toml:3: mount.rendition.name = "/b": is a rendition of itself: /b → /a → /b`) || strings.Contains(err.Error(), `"/c"`) {
		t.Error(err)
	}
}
