package server

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"relay/mounts"
	"relay/web/icecast"
)

// asker is a client with a login, a header field, or both.
type asker struct{ who, login, header string }

// askers are the columns of the table.
var askers = []asker{
	{"nobody", "", ""},
	{"wrong password", "admin:wrong", ""},
	{"source of /live", "source:hackme", ""},
	{"source of /own", "dj:own", ""},
	{"another server", "relay:relaypass", ""},
	{"operator", "admin:adminpass", ""},
	{"listener of /members", "alice:wonder", ""},
	{"operator's browser for another site", "admin:adminpass", "Sec-Fetch-Site: cross-site\r\n"},
	{"API token", "", "Authorization: Bearer token-of-a-program\r\n"},
	{"operator's session", "", "Cookie: SESSION\r\n"},
}

// permissions are the status that each asker gets for a request. A "#" in a path stands
// for another number in each request. HEAD has the same status as GET, unless
// wantOfHead returns another one.
var permissions = []struct{ method, path, want string }{
	//                                                        nobody wrong source other relay operator listener site token session
	{"GET", "/", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/status.xsl", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/healthz", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/readyz", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/metrics", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/status-json.xsl", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/server_version.xsl", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/7.html", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/7.xsl", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/stats", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/currentsong?sid=1", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/played", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/played.html", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/index.html", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/dj", "302 302 302 302 302 302 302 302 302 302"},
	{"GET", "/dj/", "302 302 302 302 302 302 302 302 302 302"},
	{"GET", "/studio", "302 302 302 302 302 302 302 302 302 302"},
	{"GET", "/player", "302 302 302 302 302 302 302 302 302 302"},
	{"GET", "/player/", "302 302 302 302 302 302 302 302 302 302"},
	{"GET", "/status", "302 302 302 302 302 302 302 302 302 302"},
	{"GET", "/dashboard", "302 302 302 302 302 302 302 302 302 302"},
	{"GET", "/login", "302 302 302 302 302 302 302 302 302 302"},
	{"GET", "/api", "302 302 302 302 302 302 302 302 302 302"},
	{"GET", "/admin/index.html", "302 302 302 302 302 302 302 302 302 302"},
	{"GET", "/admin", "302 302 302 302 302 302 302 302 302 302"},
	{"GET", "/listen.pls", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/listen.m3u", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/live.m3u", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/player/live", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/player/no-mount", "404 404 404 404 404 404 404 404 404 404"},
	{"GET", "/dj/live", "401 401 200 401 401 200 401 200 401 200"},
	{"GET", "/dj/own", "401 401 401 200 401 200 401 200 401 200"},
	{"GET", "/assets/now/relay.css", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/assets/now/no.css", "404 404 404 404 404 404 404 404 404 404"},
	{"GET", "/favicon.ico", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/nothing", "404 404 404 404 404 404 404 404 404 404"},
	{"OPTIONS", "/live", "204 204 204 204 204 204 204 204 204 204"},

	{"GET", "/admin/", "401 401 401 401 401 200 401 200 401 200"},
	{"GET", "/admin.html", "401 401 401 401 401 200 401 200 401 200"},
	{"GET", "/admin/stats", "401 401 401 401 401 200 401 200 401 401"},
	{"GET", "/admin/stats?mount=/live", "401 401 200 401 401 200 401 200 401 401"},
	{"GET", "/admin/stats?mount=/own", "401 401 401 200 401 200 401 200 401 401"},
	{"GET", "/admin/listmounts", "401 401 401 401 401 200 401 200 401 401"},
	{"GET", "/admin/streamlist", "401 401 401 401 401 200 401 200 401 401"},
	{"GET", "/admin/updatemetadata?mount=/live", "401 401 200 401 401 200 401 200 401 401"},
	{"GET", "/admin/moveclients?mount=/live", "401 401 200 401 401 200 401 403 401 401"},
	{"GET", "/admin/moveclients?mount=/live&destination=/own", "401 401 401 401 401 200 401 403 401 401"},
	{"GET", "/admin/fallbacks?mount=/live&fallback=/own", "401 401 401 401 401 200 401 403 401 401"},
	{"GET", "/admin/skip?mount=/live", "401 401 400 401 401 400 401 403 401 401"},
	{"GET", "/admin/queue?mount=/live", "401 401 400 401 401 400 401 403 401 401"},
	{"GET", "/admin/manageauth?mount=/members", "401 401 200 401 401 200 401 403 401 401"},
	{"GET", "/admin/killclient?mount=/live&id=1", "401 401 200 401 401 200 401 403 401 401"},
	{"GET", "/admin/listclients?mount=/live", "401 401 200 401 401 200 401 200 401 401"},
	{"GET", "/admin/listclients", "401 401 401 401 401 200 401 200 401 401"},
	{"GET", "/admin/killsource?mount=/no-mount", "401 401 400 401 401 400 401 403 401 401"},
	{"GET", "/admin/!POKE", "400 400 400 400 400 400 400 400 400 400"},
	{"GET", "/admin/no/such/thing", "400 400 400 400 400 400 400 400 400 400"},
	{"GET", "/admin/debug/pprof/heap", "401 401 401 401 401 200 401 200 401 401"},
	{"GET", "/admin/streamlist.txt", "401 401 401 401 200 401 401 401 401 401"},
	{"GET", "/admin/metadata?mount=/live&mode=updinfo&song=x", "401 401 200 401 401 200 401 403 401 401"},
	{"GET", "/admin/metadata?mount=/own&mode=updinfo&song=x", "401 401 401 200 401 200 401 403 401 401"},
	{"GET", "/admin/metadata.xsl?mount=/live&mode=updinfo&song=x", "401 401 200 401 401 200 401 403 401 401"},
	{"GET", "/admin.cgi?mode=updinfo&mount=/live&song=x", "400 401 200 401 401 200 401 403 400 400"},
	{"GET", "/admin.cgi?mode=updinfo&mount=/live&song=x&pass=hackme", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/admin.cgi?mode=updinfo&mount=/live&song=x&pass=own", "401 401 401 401 401 401 401 401 401 401"},
	{"GET", "/admin.cgi?mode=viewxml&sid=1", "401 401 200 401 401 200 401 200 401 401"},
	{"GET", "/admin.cgi?mode=viewxml&mount=/own", "401 401 401 200 401 200 401 200 401 401"},
	{"POST", "/admin/metadata?mount=/live&mode=updinfo&song=x", "401 401 200 401 401 200 401 403 401 401"},
	{"POST", "/admin/metadata?mount=/own&mode=updinfo&song=x", "401 401 401 200 401 200 401 403 401 401"},
	{"POST", "/admin/metadata.xsl?mount=/live&mode=updinfo&song=x", "401 401 200 401 401 200 401 403 401 401"},
	{"POST", "/admin.cgi?mode=updinfo&mount=/live&song=x", "400 401 200 401 401 200 401 403 400 400"},
	{"POST", "/admin.cgi?mode=updinfo&mount=/live&song=x&pass=hackme", "200 200 200 200 200 200 200 200 200 200"},
	{"POST", "/admin.cgi?mode=viewxml&mount=/own", "401 401 401 200 401 200 401 200 401 401"},
	{"STATS", "/", "401 401 401 401 401 200 401 200 401 401"},

	{"GET", "/live", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/members", "401 401 401 401 401 401 200 401 401 401"},
	{"GET", "/tokens", "401 401 401 401 401 401 401 401 401 401"},
	{"SOURCE", "/free-#", "401 401 200 401 401 401 401 401 401 401"},
	{"PUT", "/free-#", "401 401 200 401 401 401 401 401 401 401"},
	{"SOURCE", "/own-#", "401 401 401 200 401 401 401 401 401 401"},
	{"PUT", "/own-#", "401 401 401 200 401 401 401 401 401 401"},
	{"SOURCE", "/admin/stats", "401 401 400 401 401 401 401 401 401 401"},
	{"PUT", "/admin/stats", "401 401 400 401 401 401 401 401 401 401"},
	{"source", "/free-#", "401 401 200 401 401 401 401 401 401 401"},
	{"PUT", "//own-#", "401 401 401 200 401 401 401 401 401 401"},
	{"SOURCE", "/own-#%3fprio%3d3", "401 401 401 200 401 401 401 401 401 401"},
	{"PUT", "//api/v1/#", "401 401 400 401 401 401 401 401 401 401"},
	{"GET", "/live/;", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "//members", "401 401 401 401 401 401 200 401 401 401"},
	{"GET", "/members/;stream.mp3", "401 401 401 401 401 401 200 401 401 401"},
	{"GET", "//admin/stats", "404 404 404 404 404 404 404 404 404 404"},
	{"GET", "/admin/;", "400 400 400 400 400 400 400 400 400 400"},

	{"POST", "/", "405 405 405 405 405 405 405 405 405 405"},
	{"POST", "/live", "405 405 405 405 405 405 405 405 405 405"},
	{"DELETE", "/live", "405 405 405 405 405 405 405 405 405 405"},
	{"POST", "/admin/stats", "405 405 405 405 405 405 405 405 405 405"},
	{"PATCH", "/admin/killsource?mount=/live", "405 405 405 405 405 405 405 405 405 405"},
}

// elsewhere maps the routes with their own table to the file of the table.
var elsewhere = map[string]string{"/api/v1/…": "web/api/access_test.go"}

// changing are the commands with an effect. HEAD of them gets 405, if the login may use
// them.
var changing = []string{"moveclients", "fallbacks", "skip", "queue", "manageauth", "killclient", "killsource"}

// wantOfHead returns the status of HEAD where GET gets want.
func wantOfHead(path, want string) string {
	command, _, _ := strings.Cut(strings.TrimPrefix(path, "/admin/"), "?")
	if slices.Contains(changing, command) && want != "401" && want != "403" {
		return "405"
	}
	return want
}

// noMusic is a server without music.
type noMusic struct{ icecast.Music }

func (noMusic) Skip(string) error                      { return errors.New("no music") }
func (noMusic) Coming(string) ([]mounts.Coming, error) { return nil, errors.New("no music") }

const permitted = `
[server]
trusted_proxies = ["127.0.0.1"]
[auth]
source_password = "hackme"
admin_password = "adminpass"
api_tokens = ["token-of-a-program"]
relay_password = "relaypass"
[[mount]]
name = "/own*"
source_user = "dj"
source_password = "own"
[[mount]]
name = "/members"
listener_auth.htpasswd_file = "MEMBERS"
[[mount]]
name = "/tokens"
listener_auth.token_secret = "sixteen or more of them"
`

func TestWhoMayDoWhat(t *testing.T) {
	members := filepath.Join(t.TempDir(), "members")
	if err := os.WriteFile(members, []byte("alice:10cf1fdf6ad958eeffa9853f6885cec9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newServer(t, strings.Replace(permitted, "MEMBERS", members, 1))
	s.Icecast.Music = noMusic{}
	l := listen(t)
	runServer(t, s, l)
	for _, mount := range []string{"/live", "/own", "/members", "/tokens"} {
		if _, err := s.Registry.Attach(mount, mounts.Feed{Kind: mounts.Files}); err != nil {
			t.Fatal(err)
		}
	}
	requests := 0
	status := func(method, path, login, header string) string {
		requests++
		path = strings.ReplaceAll(path, "#", fmt.Sprint(requests))
		head := fmt.Sprintf("%s %s HTTP/1.0\r\nX-Forwarded-For: 10.0.%d.%d\r\nContent-Type: audio/mpeg\r\n", method, path, requests>>8, requests&255)
		if login != "" {
			head += "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(login)) + "\r\n"
		}
		return firstStatus(t, l.Addr(), head+header+"\r\n")
	}
	session := logIn(t, l.Addr(), "admin", "adminpass")
	for _, row := range permissions {
		wants := strings.Fields(row.want)
		if len(wants) != len(askers) {
			t.Fatalf("%s %s has %d cells", row.method, row.path, len(wants))
		}
		for i, asker := range askers {
			header := strings.Replace(asker.header, "SESSION", session, 1)
			if got := status(row.method, row.path, asker.login, header); got != wants[i] {
				t.Errorf("%s %s by %s: %s, want %s", row.method, row.path, asker.who, got, wants[i])
			}
			if row.method != http.MethodGet {
				continue
			}
			want := wantOfHead(row.path, wants[i])
			if got := status(http.MethodHead, row.path, asker.login, header); got != want {
				t.Errorf("HEAD %s by %s: %s, want %s", row.path, asker.who, got, want)
			}
		}
	}
}

// logIn begins a login session and returns its cookie.
func logIn(t *testing.T, addr net.Addr, user, password string) string {
	t.Helper()
	body := fmt.Sprintf(`{"user":%q,"password":%q}`, user, password)
	answer, err := http.Post("http://"+addr.String()+"/api/v1/session", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if len(answer.Cookies()) != 1 {
		t.Fatalf("the login gets %s and %d cookies", answer.Status, len(answer.Cookies()))
	}
	return answer.Cookies()[0].Name + "=" + answer.Cookies()[0].Value
}

// firstStatus sends a request on its own connection and returns the status of the
// answer. It does not read the rest.
func firstStatus(t *testing.T, addr net.Addr, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(conn, request)
	line, err := bufio.NewReader(conn).ReadString('\n')
	if fields := strings.Fields(line); len(fields) > 1 {
		return fields[1]
	}
	return fmt.Sprintf("%q, %v", line, err)
}

// This test fails for a route that is in no table.
func TestEveryRouteHasItsPermissions(t *testing.T) {
	s := newServer(t, permitted)
	router := s.routes()
	tried := map[string]bool{}
	for _, row := range permissions {
		req, err := http.NewRequest(row.method, "http://localhost"+row.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		var match mux.RouteMatch
		if router.Match(req, &match) && match.Route != nil {
			tried[row.method+" "+routeName(t, match.Route)] = true
		}
	}
	routesSeen := 0
	router.Walk(func(route *mux.Route, _ *mux.Router, around []*mux.Route) error {
		if route.GetHandler() == nil {
			return nil // it contains other routes
		}
		routesSeen++
		name := routeName(t, route)
		if elsewhere[name] != "" {
			return mux.SkipRouter
		}
		methods := []string{}
		for _, r := range append(around, route) {
			if own, err := r.GetMethods(); err == nil {
				methods = append(methods, own...)
			}
		}
		if len(methods) == 0 {
			t.Errorf("%s takes every method", name)
		}
		for _, method := range methods {
			if method != http.MethodHead && !tried[method+" "+name] {
				t.Errorf("who may %s %s is in no table", method, name)
			}
		}
		return nil
	})
	if routesSeen < 20 {
		t.Errorf("%d routes were found: they are looked for wrongly", routesSeen)
	}
}

// routeName returns the name of a route, or otherwise its path, with "…" for any rest.
func routeName(t *testing.T, route *mux.Route) string {
	t.Helper()
	if name := route.GetName(); name != "" {
		return name
	}
	template, err := route.GetPathTemplate()
	if err != nil {
		t.Errorf("a route has neither a path nor a name: %v", err)
	}
	if pattern, err := route.GetPathRegexp(); err == nil && !strings.HasSuffix(pattern, "$") {
		template += "…"
	}
	return template
}

// The table also holds for SHOUTcast sources, which send only a password.
func TestPasswordLinesThatAreAccepted(t *testing.T) {
	s := newServer(t, permitted)
	l := listen(t)
	runServer(t, s, l)
	for line, want := range map[string]string{
		"hackme": "OK2", "wrong": "invalid", "adminpass": "invalid", "relaypass": "invalid", "own": "invalid",
		"/own:own": "OK2", "/own:hackme": "invalid", "dj:own": "invalid", "/own-2:dj:own": "OK2", "/own-3:dj,own": "OK2", "/own:source:hackme": "invalid",
	} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		io.WriteString(conn, line+"\r\n")
		said, _ := bufio.NewReader(conn).ReadString('\n')
		conn.Close()
		if !strings.HasPrefix(said, want) {
			t.Errorf("%q: %q, want %s", line, said, want)
		}
	}
}
