package conf

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reviewed returns the warnings about a text, one a line.
func reviewed(t *testing.T, name, text string) string {
	t.Helper()
	if _, err := Parse(name, []byte(text)); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, w := range Review(t.Context(), name, []byte(text)) {
		lines.WriteString(w.Error() + "\n")
	}
	return lines.String()
}

func TestGuessablePasswords(t *testing.T) {
	t.Setenv("RELAY_SOURCE_PASSWORD", "")
	t.Setenv("RELAY_ADMIN_PASSWORD", "")
	t.Setenv("WEAK", "letmein")
	weak := filepath.Join(t.TempDir(), "weak")
	write(t, weak, "changeme\n")
	const station = "[server]\nhostname = 'radio-nova.example'\n"
	for text, why := range map[string]string{
		"[auth]\nsource_password = 'hackme'":                                                              "tried first",
		"[auth]\nsource_password = 'HackMe123!'":                                                          "tried first",
		"[auth]\nsource_password = 'h4ckm3'":                                                              "tried first",
		"[auth]\nadmin_password = 'P@ssw0rd'":                                                             "tried first",
		"[auth]\nadmin_password = 'adminadminadmin'":                                                      "tried first",
		"[auth]\nadmin_password = 'change-me'":                                                            "tried first",
		"[auth]\nadmin_password = 'radiopassword1'":                                                       "tried first",
		"[auth]\nadmin_password = '${WEAK}'":                                                              "tried first",
		"[auth]\nadmin_password_file = 'WEAK'":                                                            "tried first",
		"[auth]\nadmin_user = 'joe-the-boss'\nadmin_password = 'Joe-The-Boss'":                            "user name",
		"[auth]\nrelay_password = 'relay'":                                                                "user name",
		"[auth]\nsource_password = 'nova2024'":                                                            "name of the mount or the station",
		"[auth]\nsource_password = '12345678901'":                                                         "counts up",
		"[auth]\nsource_password = 'zzzzzzzzzzzz'":                                                        "repeats",
		"[auth]\nsource_password = 'x7Qp2'":                                                               "fewer than 8",
		"[auth]\napi_tokens = ['x7Qp2mN4tR8']":                                                            "fewer than 16",
		"[auth]\napi_tokens = ['changemechangeme1']":                                                      "tried first",
		"[auth]\nadmin_password = '" + hash(t, "letmein") + "'":                                           "tried first",
		"[auth]\nadmin_password = '" + hash(t, "admin") + "'":                                             "user name",
		"[[mount]]\nname = '/jazz-fm'\nsource_password = 'jazzfm99'":                                      "name of the mount or the station",
		"[[mount]]\nname = '/jazz-fm'\nsource_password = '" + hash(t, "jazz-fm") + "'":                    "name of the mount or the station",
		"[[mount]]\nname = '/x'\ntitle = 'Night Owls'\nsource = [{user = 'dj', password = 'nightowls!'}]": "name of the mount or the station",
		"[[mount]]\nname = '/x'\nsource = [{user = 'dj', password = 'dj'}]":                               "user name",
		"[[mount]]\nname = '/x'\nlistener_auth.token_secret = 'passwordpassword'":                         "tried first",
		"[[relay]]\nurl = 'http://a.example/live'\npassword = 'hackme'":                                   "tried first",
		"[master]\nurl = 'http://a.example'\npassword = 'hackme'":                                         "tried first",
		"[auth]\nsource_password = 'x7Qp2mN4tR8'":                                                         "",
		"[auth]\nsource_password = 'correct horse battery'":                                               "",
		"[auth]\napi_tokens = ['e5c1f877a90be5c1f877a90b']":                                               "",
		"[auth]\nadmin_password = '" + hash(t, "x7Qp2mN4tR8") + "'":                                       "",
		"[[mount]]\nname = '/live'\nlistener_auth.token_secret = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'":      "",
	} {
		got := reviewed(t, "", station+strings.Replace(text, "'WEAK'", "'"+weak+"'", 1))
		if (why == "") != (got == "") || !strings.Contains(got, why) || why != "" && !strings.Contains(got, "is easy to guess") {
			t.Errorf("%s: %s", text, got)
		}
		for _, secret := range []string{"hackme", "letmein", "P@ssw0rd", "x7Qp2", "nova2024", "changeme"} {
			if strings.Contains(strings.ReplaceAll(got, "hackmenow", ""), secret) {
				t.Errorf("the warning tells the password: %s", got)
			}
		}
	}
	t.Setenv("RELAY_ADMIN_PASSWORD", "hackme")
	if got := reviewed(t, "", "[auth]\nadmin_password = ''"); !strings.HasPrefix(got, "RELAY_ADMIN_PASSWORD: is easy to guess") {
		t.Errorf("of the environment: %s", got)
	}
	if got := reviewed(t, "", "[auth]\nsource_password = '${WEAK}'"); !strings.Contains(got, "auth.source_password: ") {
		t.Errorf("of a variable: %s", got)
	}
}

func TestReadableSecrets(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "relay.toml")
	file := func(name string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(dir, name)
		write(t, path, "x7Qp2mN4tR8\n")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	acme := filepath.Join(dir, "acme")
	if err := os.Mkdir(acme, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		text string
		mode os.FileMode // of the configuration
		want []string
	}{
		{"[auth]\nsource_password = 'x7Qp2mN4tR8'", 0o644, []string{"chmod 640 " + config}},
		{"[auth]\nsource_password = 'x7Qp2mN4tR8'", 0o604, []string{"chmod 600 " + config}},
		{"[auth]\nsource_password = 'x7Qp2mN4tR8'", 0o666, []string{"read and changed by everybody", "chmod 660 " + config}},
		{"[auth]\nsource_password = 'x7Qp2mN4tR8'", 0o640, nil},
		{"[auth]\nsource_password = 'x7Qp2mN4tR8'", 0o600, nil},
		{"[auth]\nsource_password = ''", 0o644, nil},
		{"[[mount]]\nname = '/x'\nsource = [{user = 'dj', password = 'x7Qp2mN4tR8'}]", 0o644, []string{"chmod 640 " + config}},
		{"[[mount]]\nname = '/x'\nlistener_auth.url = 'https://a:b@c.example'", 0o644, []string{"chmod 640 " + config}},
		{"[[mount]]\nname = '/x'\nlistener_auth.url = 'https://c.example'", 0o644, nil},
		{"[auth]\nsource_password_file = '" + file("open", 0o644) + "'", 0o644, []string{"auth.source_password_file: " + dir + "/open holds a password and can be read by everybody on this machine: chmod 640 " + dir + "/open"}},
		{"[auth]\nsource_password_file = '" + file("closed", 0o600) + "'", 0o644, nil},
		{"[[mount]]\nname = '/x'\nlistener_auth.htpasswd_file = '" + file("it's", 0o644) + "'", 0o600, []string{`chmod 640 '` + dir + `/it'\''s'`}},
		{"[[mount]]\nname = '/x'\nlistener_auth.token_secret_file = '" + file("secret", 0o606) + "'", 0o600, []string{"fewer than 16", "chmod 600 " + dir + "/secret"}},
		{"[tls]\ncert_file = '" + file("cert", 0o644) + "'\nkey_file = '" + file("key", 0o644) + "'", 0o600, []string{"tls.key_file: ", "chmod 640 " + dir + "/key"}},
		{"[tls]\nacme_hosts = ['radio.example.org']", 0o600, []string{"tls.acme_hosts: ", "chmod 750 " + acme}},
		{"[tls]\nacme_hosts = ['radio.example.org']\nacme_cache = 'acme'", 0o600, []string{"tls.acme_cache: ", "chmod 750 " + acme}},
	} {
		text := strings.Replace(test.text, `it's`, `it's`, 1)
		if strings.Contains(text, "it's") {
			text = strings.Replace(text, "'"+dir+"/it's'", `"`+dir+`/it's"`, 1)
		}
		write(t, config, text)
		if err := os.Chmod(config, test.mode); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, "token_secret_file") { // Parse wants 16 bytes
			write(t, filepath.Join(dir, "secret"), "x7Qp2mN4tR8y5W1z\n")
			test.want = test.want[1:]
		}
		got := reviewed(t, config, text)
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s, mode %o: %q is not in %q", text, test.mode, want, got)
			}
		}
		if n := strings.Count(got, "chmod"); n > 0 != (len(test.want) > 0) || n > 1 {
			t.Errorf("%s, mode %o: %s", text, test.mode, got)
		}
	}
}

// Unrestricted mounts that play restricted programmes are reported, and no others.
func TestOpenBesideClosed(t *testing.T) {
	const closed = "[[mount]]\nname = '/closed'\nhidden = true\nmax_duration = '1h'\nlistener_auth.token_secret = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'\n"
	for text, want := range map[string]string{
		"rendition = [{name = '/small', bitrate = 64}]":                                                                "",
		"rendition = [{name = '/small', bitrate = 64}]\n[[mount]]\nname = '/small'\nhidden = false":                    "relay.toml:6: mount.rendition.name: /small plays what /closed plays, and it is listed",
		"rendition = [{name = '/small', bitrate = 64}]\n[[mount]]\nname = '/small'\nlistener_auth.token_secret = ''":   "anybody may listen there",
		"rendition = [{name = '/small', bitrate = 64}]\n[[mount]]\nname = '/small'\nlistener_auth.htpasswd_file = 'x'": "need another login",
		"rendition = [{name = '/small', bitrate = 64}]\n[[mount]]\nname = '/small'\nmax_duration = '2h'":               "stay longer on /small",
		"rendition = [{name = '/small', bitrate = 64}]\n[[mount]]\nname = '/small'\nmax_duration = '5m'":               "",
		"rendition = [{name = '/small', bitrate = 64}]\n[[mount]]\nname = '/small'\nsource_password = 'x7Qp2mN4tR8'":   "mount.source_password: has no effect",
		"rendition = [{name = '/small', bitrate = 64}]\n[[relay]]\nurl = 'http://a.example/x'\nmount = '/small'":       "relay.url: feeds /small, which is a rendition",
		"[[mount]]\nname = '/open'\nfallbacks = ['/closed']":                                                           "mount.fallbacks: /open plays what /closed plays, and anybody",
		"[[mount]]\nname = '/open'\nhidden = true\nfallbacks = ['/closed']":                                            "mount.fallbacks: /open plays what /closed plays, and anybody",
		"fallbacks = ['/open']\n[[mount]]\nname = '/open'":                                                             "",
		"[[mount]]\nname = '/open'\nfallback_full = '/closed'":                                                         "mount.fallback_full: /closed asks its listeners for another login",
		"fallback_full = '/open'\n[[mount]]\nname = '/open'":                                                           "",
		"[[relay]]\nurl = 'http://localhost:8000/closed'\nmount = '/pulled'":                                           "relay.url: /pulled plays what /closed of this server plays",
		"[[relay]]\nurl = 'http://127.0.0.1:8000/closed'\nmount = '/pulled'":                                           "relay.url: /pulled plays what /closed of this server plays",
		"[[relay]]\nurl = 'http://127.0.0.1:8001/closed'\nmount = '/pulled'":                                           "",
		"[[relay]]\nurl = 'http://other.example:8000/closed'\nmount = '/pulled'":                                       "",
		"[server]\npublic_url = 'https://me.example'\n[[relay]]\nurl = 'https://me.example/closed'\nmount = '/pulled'": "/pulled plays what /closed of this server plays",
		"files.paths = ['/srv/m']\n[[mount]]\nname = '/open'\nfiles.paths = ['/srv/m']":                                "mount.files.paths: /open plays the music of /closed",
		"files.paths = ['/srv/m/a']\n[[mount]]\nname = '/open'\nfiles.paths = ['/srv/m']":                              "/open plays the music of /closed",
		"files.paths = ['/srv/m']\n[[mount]]\nname = '/open'\nfiles.paths = ['/srv/m/a']":                              "/open plays the music of /closed",
		"files.paths = ['/srv/m']\n[[mount]]\nname = '/open'\nfiles.paths = ['/srv/m2']":                               "",
		"record_dir = '/srv/r'\n[[mount]]\nname = '/open'\nfiles.paths = ['/srv']":                                     "/open plays the recordings of /closed",
		"record_dir = '/srv/r'\nfiles.paths = ['/srv/r']":                                                              "",
		"intro_file = '/srv/i.mp3'\n[[mount]]\nname = '/open'\nfiles.paths = ['/srv']":                                 "/open plays the intro of /closed",
		"[[mount]]\nname = '/a'\nfiles.paths = ['/srv']\n[[mount]]\nname = '/b'\nfiles.paths = ['/srv']":               "",
	} {
		got := reviewed(t, "relay.toml", closed+text)
		if (want == "") != (got == "") || !strings.Contains(got, want) || strings.Count(got, "\n") > 1 {
			t.Errorf("%s:\n%swant %s", text, got, want)
		}
	}
}

func TestReviewOfNothing(t *testing.T) {
	for _, text := range []string{"", "[limits]\nburst = 'x'", "[", fmt.Sprintf("[auth]\nsource_password = %q", "x7Qp2mN4tR8")} {
		if got := Review(t.Context(), "", []byte(text)); len(got) > 0 {
			t.Errorf("%q: %v", text, got)
		}
	}
}
