package hostile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const jsonBody = "Content-Type: application/json\r\n"

// patch changes settings of a mount by the API, with the given login.
func (s *station) patch(t *testing.T, mount, login, body string) string {
	t.Helper()
	return s.ask(t, fmt.Sprintf("PATCH /api/v1/mounts/%s HTTP/1.1\r\n%s%s%sContent-Length: %d\r\n\r\n%s", mount, host, login, jsonBody, len(body), body))
}

// The mounts derived from a closed mount are closed as well: its rendition, and the
// mount that takes its overflow.
func TestDerivedMountsStayClosed(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "music", "a.mp3"), numbered(128000, 1, 400))
	s := open(t, fmt.Sprintf(`
[[mount]]
name = "/vault"
hidden = true
source_user = "keeper"
source_password = "of the vault"
listener_auth.token_secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
files.paths = ['%s/music']
[[mount.rendition]]
name = "/vault-small"
bitrate = 128
command = "cat"
[[mount]]
name = "/tiny"
max_listeners = 1
fallback_full = "/vault"
files.paths = ['%[1]s/music']
`, dir))
	const source, keeper = "Authorization: Basic c291cmNlOmhhY2ttZQ==\r\n", "Authorization: Basic a2VlcGVyOm9mIHRoZSB2YXVsdA==\r\n"
	eventually(t, "the rendition", func() bool {
		return statusOf(s.ask(t, "GET /admin/listclients?mount=/vault-small HTTP/1.0\r\n"+admin)) == "200"
	})
	eventually(t, "the small mount", func() bool { return s.plays(t, "/tiny") })
	first := s.dial(t) // takes the only place
	io.WriteString(first, "GET /tiny HTTP/1.0\r\n\r\n")
	if _, err := bufio.NewReader(first).Peek(512); err != nil {
		t.Fatal(err)
	}
	for request, want := range map[string]string{
		"GET /vault-small HTTP/1.0\r\n\r\n":                                                         "401",
		"GET /vault-small HTTP/1.0\r\n" + source + "\r\n":                                           "401",
		"GET /vault-small HTTP/1.0\r\n" + keeper + "\r\n":                                           "401",
		"SOURCE /vault-small HTTP/1.0\r\n" + source + "\r\n":                                        "401",
		"SOURCE /vault-small HTTP/1.0\r\n" + admin:                                                  "401",
		"SOURCE /vault-small HTTP/1.0\r\n" + keeper + "\r\n":                                        "403",
		"PUT /vault-small HTTP/1.1\r\nContent-Type: audio/mpeg\r\n" + source + "\r\n":               "401",
		"PUT /vault-small HTTP/1.1\r\nContent-Type: audio/mpeg\r\n" + keeper + "\r\n":               "403",
		"GET /admin/metadata?mount=/vault-small&mode=updinfo&song=x HTTP/1.0\r\n" + source + "\r\n": "401",
		"GET /admin/killsource?mount=/vault-small HTTP/1.0\r\n" + source + "\r\n":                   "401",
		"GET /tiny HTTP/1.0\r\n\r\n":                                                                "403",
	} {
		if answer := s.ask(t, request); statusOf(answer) != want {
			t.Errorf("%.80q: %.200q, want %s", request, answer, want)
		}
	}
	for _, line := range []string{"/vault-small:hackme", "/vault-small:of the vault", "keeper:of the vault"} {
		if answer := s.ask(t, line+"\r\nicy-name:x\r\n\r\n"); strings.HasPrefix(answer, "OK") {
			t.Errorf("%q: %q", line, answer)
		}
	}
	for _, path := range []string{"/", "/status-json.xsl", "/api/v1/status", "/metrics", "/vault.m3u", "/vault.pls", "/vault.xspf", "/vault.vclt", "/player/vault", "/listen.m3u?sid=3"} {
		if answer := s.ask(t, "GET "+path+" HTTP/1.0\r\n\r\n"); strings.Contains(answer, "vault-small") {
			t.Errorf("%s shows a hidden rendition: %.2000q", path, answer)
		}
	}
	s.settled(t)
}

// A token of the API does not give access to the machine.
func TestTokensLeadNowhere(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "music", "a.mp3"), numbered(128000, 1, 400))
	secret := write(t, filepath.Join(dir, "private", "secret.mp3"), numbered(64000, 1, 400))
	write(t, filepath.Join(dir, "music", "list.m3u"), []byte(secret+"\n"))
	if err := os.Symlink(filepath.Join(dir, "private"), filepath.Join(dir, "music", "link")); err != nil {
		t.Fatal(err)
	}
	s := open(t, fmt.Sprintf(`
[[mount]]
name = "/disk"
files.paths = ['%s/music']
[mount.listener_auth]
on_source = "http://127.0.0.1:1/path/KEY?key=KEY"
`, dir))
	config, err := os.ReadFile(filepath.Join(s.dir, "relay.toml"))
	if err != nil {
		t.Fatal(err)
	}
	operator := strings.TrimSuffix(admin, "\r\n")
	for body, want := range map[string]string{
		`{"record_dir":"/tmp"}`:                                                                     "403",
		`{"record_dir":"` + dir + `/new"}`:                                                          "403",
		`{"record_dir":"."}`:                                                                        "403",
		`{"files":{"paths":["` + dir + `/private"]}}`:                                               "403",
		`{"files":{"paths":["` + dir + `/music/link"]}}`:                                            "403",
		`{"files":{"paths":["` + dir + `/music/list.m3u"]}}`:                                        "403",
		`{"files":{"paths":["` + dir + `/music/../private"]}}`:                                      "403",
		`{"files":{"paths":["relay.toml"]}}`:                                                        "403",
		`{"intro_file":"` + secret + `"}`:                                                           "403",
		`{"source_password_file":"/etc/passwd"}`:                                                    "403",
		`{"source_password":"${PATH}"}`:                                                             "403",
		`{"listener_auth":{"htpasswd_file":"/etc/passwd"}}`:                                         "403",
		`{"listener_auth":{"url":"http://` + s.addr + `/admin/killsource"}}`:                        "403",
		`{"listener_auth":{"stream_auth":"http://169.254.169.254/latest"}}`:                         "403",
		`{"listener_auth":{"on_source":"http://127.0.0.1:22/"}}`:                                    "403",
		`{"rendition":[{"name":"/x","bitrate":64,"command":"touch /tmp/x"}]}`:                       "403",
		`{"listener_auth":{"htpasswd_fil":"x"}}`:                                                    "422",
		`{"listener_auth":{"htpasswd_fil":null}}`:                                                   "422",
		`{"listener_auth":{"htpasswd_fil":{}}}`:                                                     "422",
		`{"files":{"paths":{"0":"/etc"}}}`:                                                          "422",
		`{"titel":null}`:                                                                            "400",
		`{"listener_auth":` + strings.Repeat(`{"url":`, 200) + `1` + strings.Repeat(`}`, 200) + `}`: "422",
		`{"` + strings.Repeat("x", 100_000) + `":1}`:                                                "400",
	} {
		if answer := s.patch(t, "disk", operator, body); statusOf(answer) != want {
			t.Errorf("%.100s: %.300q, want %s", body, answer, want)
		}
	}
	if now, _ := os.ReadFile(filepath.Join(s.dir, "relay.toml")); string(now) != string(config) {
		t.Errorf("the configuration has become\n%s", now)
	}
	if answer := s.patch(t, "disk", operator, `{"title":"x","listener_auth":{"on_source":"http://127.0.0.1:1/***"}}`); statusOf(answer) != "200" || strings.Contains(answer, "KEY") {
		t.Errorf("a value as it was shown is not accepted: %.300q", answer)
	}
	if now, _ := os.ReadFile(filepath.Join(s.dir, "relay.toml")); !strings.Contains(string(now), "http://127.0.0.1:1/path/KEY?key=KEY") {
		t.Errorf("the key of a hook is lost:\n%s", now)
	}
	for _, path := range []string{"configuration", "mounts", "mounts/disk", "server", "log?lines=1000"} {
		if answer := s.body(t, "GET /api/v1/"+path+" HTTP/1.0\r\n"+admin); strings.Contains(answer, "KEY") {
			t.Errorf("%s shows the key of a hook", path)
		}
	}
	s.says(t, "likely mistake", "source_password", "tried first")
	if strings.Contains(s.log.String(), "KEY") {
		t.Error("the log shows the key of a hook")
	}
	s.settled(t)
}

// A DJ of one mount cannot affect another mount, and cannot learn of hidden ones.
func TestDJsStayAtTheirMount(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "members"), nil)
	s := open(t, fmt.Sprintf(`
[[mount]]
name = "/a"
source_user = "a"
source_password = "password-of-a"
listener_auth.htpasswd_file = '%s'
silence = true
[[mount]]
name = "/club"
source_user = "club"
source_password = "password-of-club"
listener_auth.htpasswd_file = '%[1]s'
silence = true
[[mount]]
name = "/secret"
hidden = true
source_user = "secret"
source_password = "password-of-secret"
silence = true
`, file))
	for _, mount := range []string{"/a", "/club", "/secret"} {
		eventually(t, mount, func() bool {
			return statusOf(s.ask(t, "GET /admin/listclients?mount="+mount+" HTTP/1.0\r\n"+admin)) == "200"
		})
	}
	dj := basic("a:password-of-a") + "\r\n"
	for path, want := range map[string]string{
		"/admin/manageauth?mount=/a&action=add&username=x&password=password":    "401",
		"/admin/manageauth?mount=/club&action=add&username=x&password=password": "401",
		"/admin/manageauth?mount=/a":                                            "401",
		"/admin/moveclients?mount=/a":                                           "200",
		"/admin/moveclients?mount=/a&destination=/secret":                       "401",
		"/admin/fallbacks?mount=/a&fallback=/secret":                            "401",
		"/admin/listmounts":                                                     "401",
		"/admin/streamlist":                                                     "401",
		"/admin/stats":                                                          "401",
		"/admin/stats?mount=/secret":                                            "401",
		"/admin/stats?mount=/a":                                                 "200",
	} {
		answer := s.ask(t, "GET "+path+" HTTP/1.0\r\n"+dj)
		if statusOf(answer) != want || strings.Contains(answer, "/secret") {
			t.Errorf("%s: %.500q, want %s", path, answer, want)
		}
	}
	if text, _ := os.ReadFile(file); len(text) > 0 {
		t.Errorf("the file of listeners has %q", text)
	}
	s.settled(t)
}
