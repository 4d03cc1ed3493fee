package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain allows the tests to run this program as users do.
func TestMain(m *testing.M) {
	if os.Getenv("RELAY_TEST_RUN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// Settings that are probably unintended cause a warning, in both formats of the
// configuration, and no failure; invalid settings are a failure.
func TestCheckWarns(t *testing.T) {
	const weak = "[auth]\nsource_password = 'hackme'\n"
	for name, test := range map[string]struct {
		file, text string
		mode       os.FileMode
		want       []string
		failed     bool
	}{
		"guessable": {"relay.toml", weak, 0o600, []string{"relay.toml:2: auth.source_password: is easy to guess", "works; see the warning"}, false},
		"readable":  {"relay.toml", "[auth]\nsource_password = 'x7Qp2mN4tR8'\n", 0o644, []string{"relay.toml: holds passwords and can be read by everybody on this machine: chmod 640 ", "works; see the warning"}, false},
		"both":      {"relay.toml", weak, 0o644, []string{"is easy to guess", "chmod 640 ", "works; see the 2 warnings"}, false},
		"icecast": {"icecast.xml", "<icecast>\n<authentication>\n<source-password>hackme</source-password>\n<admin-password>hackme</admin-password>\n</authentication>\n</icecast>", 0o644,
			[]string{"icecast.xml:3: <source-password>: is easy to guess", "icecast.xml:4: <admin-password>: is easy to guess", "icecast.xml: holds passwords", "see the 3 warnings"}, false},
		"well":  {"relay.toml", "[auth]\nsource_password = 'x7Qp2mN4tR8'\n", 0o600, []string{"is fine"}, false},
		"wrong": {"relay.toml", weak + "[limits]\nburst = 'x'\n", 0o644, []string{"limits.burst"}, true},
	} {
		path := filepath.Join(t.TempDir(), test.file)
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, test.mode); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "check", "-c", path)
		cmd.Env = append(os.Environ(), "RELAY_TEST_RUN=1")
		out, err := cmd.CombinedOutput()
		if (err != nil) != test.failed {
			t.Errorf("%s: %v", name, err)
		}
		for _, want := range test.want {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: %q is not in\n%s", name, want, out)
			}
		}
		if strings.Contains(string(out), "is fine") != (name == "well") || strings.Contains(string(out), "hackme") {
			t.Errorf("%s:\n%s", name, out)
		}
	}
}

// Missing files and folders are a failure, in both formats; music without anything
// playable is a warning.
func TestCheckLooksAtFiles(t *testing.T) {
	const mount = "[[mount]]\nname = '/a'\n"
	for name, test := range map[string]struct {
		file, text, want string
		failed           bool
	}{
		"music":         {"relay.toml", mount + "files.paths = ['music/']", `relay.toml:3: mount.files.paths = "music/": `, true},
		"jingles":       {"relay.toml", mount + "files.jingles = ['jingles']\nfiles.jingle_every = 2", `relay.toml:3: mount.files.jingles = "jingles": `, true},
		"intro":         {"relay.toml", mount + "intro_file = 'intro.mp3'", "relay.toml:3: mount.intro_file", true},
		"members":       {"relay.toml", mount + "listener_auth.htpasswd_file = 'members'", "relay.toml:3: mount.listener_auth.htpasswd_file", true},
		"recordings":    {"relay.toml", mount + "record_dir = 'no/such'", "relay.toml:3: mount.record_dir", true},
		"bans":          {"relay.toml", "[auth]\ndeny_ips_file = 'no/bans'", "relay.toml:2: auth.deny_ips_file", true},
		"history":       {"relay.toml", "[history]\nfile = 'no/history.db'", "relay.toml:2: history.file", true},
		"logo":          {"relay.toml", "[page]\nlogo = 'text.mp3'", "relay.toml:2: page.logo = \"text.mp3\": ", true},
		"icecast":       {"icecast.xml", "<icecast>\n<mount><mount-name>/a</mount-name>\n<intro>/no/intro.mp3</intro></mount></icecast>", "icecast.xml:3: <intro> = ", true},
		"empty music":   {"relay.toml", mount + "files.paths = ['empty']", "warning: relay.toml:3: mount.files.paths: there is no music in ", false},
		"other music":   {"relay.toml", mount + "files.paths = ['ogg']", "ogg/a.ogg", false},
		"damaged music": {"relay.toml", mount + "files.paths = ['text.mp3']", "can be played", false},
		"damaged intro": {"relay.toml", mount + "intro_file = 'text.mp3'", "mount.intro_file: ", false},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, test.file)
		for _, err := range []error{
			os.WriteFile(path, []byte(test.text), 0o600),
			os.Mkdir(filepath.Join(dir, "empty"), 0o700),
			os.Mkdir(filepath.Join(dir, "ogg"), 0o700),
			os.WriteFile(filepath.Join(dir, "ogg", "a.ogg"), nil, 0o600),
			os.WriteFile(filepath.Join(dir, "text.mp3"), []byte("no music"), 0o600),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		check := func(options ...string) (string, error) {
			cmd := exec.Command(os.Args[0], append(append([]string{"check"}, options...), "-c", path)...)
			cmd.Env = append(os.Environ(), "RELAY_TEST_RUN=1")
			out, err := cmd.CombinedOutput()
			return strings.ReplaceAll(string(out), dir+"/", ""), err
		}
		if out, err := check(); (err != nil) != test.failed || !strings.Contains(out, test.want) {
			t.Errorf("%s: %v, and %q is not in\n%s", name, err, test.want, out)
		}
		if out, err := check("--without-files"); err != nil || strings.Contains(out, test.want) {
			t.Errorf("%s, without files: %v\n%s", name, err, out)
		}
	}
}
