package auth

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// asked returns a gate whose hook accepts the user dj with the password "secret".
// questions returns what the hook was asked since the last call.
func asked(t *testing.T) (g *Gate, questions func() string) {
	t.Helper()
	got := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		if form.Get("user") == "dj" && form.Get("pass") == "secret" {
			w.Header().Set("icecast-auth-user", "1")
		}
		got <- form.Get("mount") + " " + form.Get("user") + " " + form.Get("pass") + " " + form.Get("ip") + form.Get("admin")
	}))
	t.Cleanup(server.Close)
	return hookGate(t, server.URL), func() string {
		var all []string
		for len(got) > 0 {
			all = append(all, <-got)
		}
		return strings.Join(all, ", ")
	}
}

// If a hook decides about sources, the configured source passwords do not count, but the
// administrator's does.
func TestStreamAuth(t *testing.T) {
	g, questions := asked(t)
	login := func(user, password string) *http.Request { return get("/url.mp3", user, password) }
	tests := []struct {
		name           string
		err            error
		refused, asked string
	}{
		{"source", g.Source(login("dj", "secret"), "/url.mp3"), "", "/url.mp3 dj secret 127.0.0.1"},
		{"password of here", g.Source(login("source", "hackme"), "/url.mp3"), `refuses user "source"`, "/url.mp3 source hackme 127.0.0.1"},
		{"no login", g.Source(login("", ""), "/url.mp3"), "no login was given", ""},
		{"mount without a hook", g.Source(login("source", "hackme"), "/other"), "", ""},
		{"title", g.MountAdmin(login("dj", "secret"), "/url.mp3"), "", "/url.mp3 dj secret 127.0.0.11"},
		{"title, refused", g.MountAdmin(login("dj", "x"), "/url.mp3"), `refuses user "dj"`, "/url.mp3 dj x 127.0.0.11"},
		{"title, by the administrator", g.MountAdmin(login("admin", "adminpass"), "/url.mp3"), "", ""},
		{"administrator", g.Admin(login("dj", "secret")), "the user name must be", ""},
	}
	var all []string
	for _, tt := range tests {
		checkRefused(t, tt.err, tt.refused)
		if tt.asked != "" {
			all = append(all, tt.asked)
		}
	}
	if got := questions(); got != strings.Join(all, ", ") {
		t.Errorf("asked\n%s\nwant\n%s", got, strings.Join(all, ", "))
	}
}

func TestPasswordLineAsksTheHook(t *testing.T) {
	g, questions := asked(t)
	const refused = "refuses the password given for /url.mp3: "
	for _, tt := range []struct {
		line, standard       string
		admin                bool
		mount, refused, want string
	}{
		{"dj:secret", "/url.mp3", false, "/url.mp3", "", "/url.mp3 dj secret 192.0.2.1"},
		{"dj:secret:#1", "/url.mp3", true, "/url.mp3", "", "/url.mp3 dj secret 192.0.2.11"},
		{"secret", "/url.mp3", false, "", refused, "/url.mp3 source secret 192.0.2.1"},
		{"/url.mp3:x", "/other", false, "", refused, "/url.mp3 source x 192.0.2.1"},
		{"a:b", "/url.mp3", false, "", refused, "/url.mp3 a b 192.0.2.1, /url.mp3 source a:b 192.0.2.1"},
		{"hackme", "/url.mp3", false, "", refused, "/url.mp3 source hackme 192.0.2.1"},
		{"hackme", "/other", false, "/other", "", ""},
		{"adminpass", "/url.mp3", true, "/url.mp3", "", ""},
		{"!POKE", "/url.mp3", false, "", "probe", ""},
	} {
		mount, err := "", error(nil)
		if tt.admin {
			req := httptest.NewRequest(http.MethodGet, "/admin.cgi", nil) // from 192.0.2.1
			mount, _, err = g.AdminPasswordLine(req, tt.line, tt.standard)
		} else {
			mount, _, err = g.PasswordLine(t.Context(), netip.MustParseAddr("192.0.2.1"), tt.line, tt.standard)
		}
		checkRefused(t, err, tt.refused)
		if got := questions(); mount != tt.mount || got != tt.want {
			t.Errorf("%s: opens %q, asked %q, want %q and %q", tt.line, mount, got, tt.mount, tt.want)
		}
	}
}

// All readings of a line share one timeout: of a hook that hangs, only the first is asked.
func TestPasswordLineWaitsOnce(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer server.Close()
	g := hookGate(t, server.URL)
	g.hooks.Timeout = 200 * time.Millisecond
	_, _, err := g.PasswordLine(t.Context(), netip.MustParseAddr("192.0.2.1"), "a:b:#1", "/url.mp3")
	checkRefused(t, err, "no answer within 200ms")
	if n := asked.Load(); n != 1 {
		t.Errorf("%d readings were asked about", n)
	}
}

func TestNoticesOfAMountWithoutHook(t *testing.T) {
	g, questions := asked(t)
	g.SourceCame("/other")
	g.SourceLeft("/other")
	run(t, g)()
	if got := questions(); got != "" {
		t.Errorf("told %q", got)
	}
}
