package server

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relay/mounts"
)

// ownLogins is a station where every mount has a login of its own. /a and /club use the
// same file of listeners, under two names.
const ownLogins = `
[server]
trusted_proxies = ["127.0.0.1"]
[auth]
source_password = "of the server"
admin_password = "adminpass"
[[mount]]
name = "/a"
source_user = "a"
source_password = "password-of-a"
listener_auth.htpasswd_file = "DIR/shared"
[[mount]]
name = "/club"
source_user = "club"
source_password = "password-of-club"
listener_auth.htpasswd_file = "DIR/link"
[[mount]]
name = "/solo"
source = [{ user = "solo", password = "password-of-solo" }, { user = "both", password = "password-of-both" }]
listener_auth.htpasswd_file = "DIR/solo"
[[mount]]
name = "/secret"
hidden = true
source_user = "secret"
source_password = "password-of-secret"
listener_auth.token_secret = "sixteen or more of them"
rendition = [{ name = "/secret-64", bitrate = 64 }]
[[mount]]
name = "/quiet"
hidden = true
source = [{ user = "quiet", password = "password-of-quiet" }, { user = "both", password = "password-of-both" }]
[[mount]]
name = "/pattern*"
source_user = "pattern"
source_password = "password-of-pattern"
listener_auth.htpasswd_file = "DIR/pattern"
[[mount]]
name = "/pattern/own"
source_user = "own"
source_password = "password-of-own"
`

// all are the mounts of that station. Some are renditions or match a pattern.
var all = []string{"/a", "/club", "/solo", "/secret", "/secret-64", "/quiet", "/pattern/one", "/pattern/own"}

// A login opens its own mount, with its renditions, and no other one. Its answers do
// not mention other mounts that are hidden.
func TestEveryMountHasItsOwnLogin(t *testing.T) {
	for user, own := range map[string][]string{
		"a": {"/a"}, "club": {"/club"}, "solo": {"/solo"}, "secret": {"/secret", "/secret-64"}, "quiet": {"/quiet"}, "both": {"/solo", "/quiet"},
		"pattern": {"/pattern/one"}, "own": {"/pattern/own"}, "admin": all, "source": nil,
	} {
		t.Run(user, func(t *testing.T) { checkOwnLogin(t, user, own) })
	}
}

// checkOwnLogin tries everything on every mount as one user. The throttle does not
// affect its guesses: they come from many addresses, and are few enough in total.
func checkOwnLogin(t *testing.T, user string, own []string) {
	dir := t.TempDir()
	for _, name := range []string{"shared", "solo", "pattern"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("alice:10cf1fdf6ad958eeffa9853f6885cec9\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("shared", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	s := newServer(t, strings.ReplaceAll(ownLogins, "DIR", dir))
	s.Icecast.Music = noMusic{}
	l := listen(t)
	runServer(t, s, l)
	for _, name := range all {
		feed := mounts.Feed{Kind: mounts.Files}
		if name == "/secret-64" {
			feed.Kind = mounts.Encoded
		}
		if _, err := s.Registry.Attach(name, feed); err != nil {
			t.Fatal(err)
		}
	}
	s.Registry.Find("/club").SetFallbacks([]string{"/secret"})
	login, operator := user+":password-of-"+user, user == "admin"
	switch user {
	case "admin":
		login = "admin:adminpass"
	case "source":
		login = "source:of the server"
	}
	isOwn := map[string]bool{}
	for _, name := range own {
		isOwn[name] = true
	}
	requests := 0
	ask := func(method, path string) (status int, body string) {
		requests++
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		length, given := "", ""
		if method == http.MethodPut {
			given = `{"title":"x"}`
			length = fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(given))
		}
		fmt.Fprintf(conn, "%s %s HTTP/1.0\r\nX-Forwarded-For: 10.2.%d.%d\r\n%s%s\r\n%s", method, path, requests>>8, requests&255, length, authorization(login), given)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		text, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, string(text)
	}
	tells := func(path, body string) {
		t.Helper()
		for _, name := range []string{"/secret", "/quiet"} {
			if !operator && !isOwn[name] && strings.Contains(strings.ReplaceAll(body, `\/`, "/"), name) {
				t.Errorf("%s tells of %s: %s", path, name, body)
			}
		}
	}
	for _, name := range all {
		escaped := strings.ReplaceAll(name[1:], "/", "%2F")
		for _, row := range []struct{ method, path string }{
			{"GET", "/admin/stats?mount=" + name}, {"GET", "/admin/listclients?mount=" + name}, {"GET", "/admin/updatemetadata?mount=" + name},
			{"GET", "/admin/moveclients?mount=" + name}, {"GET", "/admin/fallbacks?mount=" + name + "&fallback="}, {"GET", "/admin/skip?mount=" + name},
			{"GET", "/admin/queue?mount=" + name}, {"GET", "/admin/killclient?mount=" + name + "&id=1"}, {"GET", "/admin/metadata?mount=" + name + "&mode=updinfo&song=x"},
			{"GET", "/admin.cgi?mode=updinfo&song=x&mount=" + name}, {"GET", "/admin.cgi?mode=viewxml&mount=" + name}, {"GET", "/dj" + name},
			{"GET", "/api/v1/mounts/" + escaped + "/studio"}, {"PUT", "/api/v1/mounts/" + escaped + "/title"}, {"GET", "/admin/manageauth?mount=" + name},
			{"GET", "/admin/manageauth?mount=" + name + "&action=add&username=mallory&password=mallory"},
		} {
			opens := isOwn[name]
			if strings.HasPrefix(row.path, "/admin/manageauth") && name != "/solo" && !strings.Contains(name, "secret") && name != "/quiet" {
				opens = operator // other mounts, or all mounts of a pattern, use the same file
			}
			got, body := ask(row.method, row.path)
			if (got != 401) != opens || got == 403 {
				t.Errorf("%s %s: %d", row.method, row.path, got)
			}
			if !strings.Contains(row.path, "secret") && !strings.Contains(row.path, "quiet") {
				tells(row.path, body)
			}
		}
		for _, other := range all {
			for _, path := range []string{"/admin/moveclients?mount=" + name + "&destination=" + other, "/admin/fallbacks?mount=" + name + "&fallback=" + other} {
				if got, _ := ask("GET", path); (got != 401) != (isOwn[name] && isOwn[other]) {
					t.Errorf("%s: %d", path, got)
				}
			}
		}
		if operator {
			continue
		}
		if err := s.Gate.Source(withLogin(login, requests), name); (err == nil) != isOwn[name] {
			t.Errorf("a source for %s: %v", name, err)
		}
		_, password, _ := strings.Cut(login, ":")
		if _, _, err := s.Gate.PasswordLine(t.Context(), netip.MustParseAddr(fmt.Sprintf("10.3.%d.%d", requests>>8, requests&255)), name+":"+password, "/none"); (err == nil) != (isOwn[name] && name != "/secret-64") {
			t.Errorf("a password line for %s: %v", name, err)
		}
	}
	for _, path := range []string{
		"/", "/status-json.xsl", "/metrics", "/api/v1/status", "/stats", "/7.html", "/listen.m3u?sid=5", "/admin/stats", "/admin/listmounts", "/admin/streamlist",
		"/admin.cgi?mode=viewxml&sid=5", "/api/v1/mounts", "/api/v1/sources", "/api/v1/configuration", "/api/v1/reports/listening", "/api/v1/log", "/api/v1/history/listeners",
	} {
		_, body := ask("GET", path)
		tells(path, body)
	}
	for name, may := range map[string]bool{"shared": operator, "solo": isOwn["/solo"], "pattern": operator} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if added := strings.Contains(string(text), "mallory"); added && !may || operator && !added {
			t.Errorf("a listener is added to %s: %v", name, added)
		}
	}
}

// withLogin returns a request with a login, from an address of its own.
func withLogin(login string, number int) *http.Request {
	req, _ := http.NewRequest("SOURCE", "/", nil)
	req.RemoteAddr = fmt.Sprintf("10.4.%d.%d:1", number>>8, number&255)
	user, password, _ := strings.Cut(login, ":")
	req.SetBasicAuth(user, password)
	return req
}

// The error of a DJ's command names no mount that is hidden from the DJ.
func TestErrorsNameNoHiddenMounts(t *testing.T) {
	s := newServer(t, ownLogins)
	defer s.Registry.Close()
	s.Icecast.Fallbacks = circular{}
	for _, name := range []string{"/a", "/club"} {
		if _, err := s.Registry.Attach(name, mounts.Feed{Kind: mounts.Files}); err != nil {
			t.Fatal(err)
		}
	}
	for login, want := range map[string]bool{"a:password-of-a": false, "admin:adminpass": true} {
		req := withLogin(login, 1)
		req.Method, req.URL.Path, req.URL.RawQuery = http.MethodGet, "/admin/fallbacks", "mount=/a&fallback=/a"
		w := httptest.NewRecorder()
		s.routes().ServeHTTP(w, req)
		if got := strings.Contains(w.Body.String(), "/secret"); got != want || w.Code != 400 {
			t.Errorf("%s is told %d %s", login, w.Code, w.Body)
		}
	}
}

// circular refuses all fallbacks.
type circular struct{}

func (circular) Set(string, []string) error {
	return errors.New("form a loop: /a → /secret → /a")
}
