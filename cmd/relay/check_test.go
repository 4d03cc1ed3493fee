package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets the tests run this program as users do.
func TestMain(m *testing.M) {
	if os.Getenv("RELAY_TEST_RUN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// What works and is likely not meant is told, in the words of either language,
// and is no failure; what does not work is one.
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
