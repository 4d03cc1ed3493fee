package icecast

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"relay/conf"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMain hides the password variables of the user's environment from the tests.
func TestMain(m *testing.M) {
	os.Unsetenv(conf.SourcePasswordVariable)
	os.Unsetenv(conf.AdminPasswordVariable)
	m.Run()
}

// The results for whole files are stored beside them, and rewritten by "go test
// ./conf/icecast -update".
func TestWholeFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Parse(file, text)
			if err != nil {
				t.Fatal(err)
			}
			got := string(c.TOML())
			golden := strings.TrimSuffix(file, ".xml") + ".toml"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if asBuilt(got) != asBuilt(string(want)) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if _, err := conf.Parse("relay.toml", []byte(got)); err != nil {
				t.Errorf("relay does not take it: %v", err)
			}
			if _, err := c.Load(); err != nil {
				t.Errorf("relay does not start with it: %v", err)
			}
			if again, _ := Parse(file, text); string(again.TOML()) != got {
				t.Error("another time it is another text")
			}
		})
	}
}

var (
	pending = regexp.MustCompile(`(?m)^# (.* = .*)  # ` + notBuilt + `(; (.*))?$`)
	header  = regexp.MustCompile(`(?m)^# (\[.*\])`)
	blanks  = regexp.MustCompile(` +`)
)

// asBuilt returns a text as if relay had every setting in it, so that a new setting of
// conf does not change it.
func asBuilt(toml string) string {
	toml = pending.ReplaceAllString(toml, "$1  # $3")
	toml = header.ReplaceAllString(toml, "$1")
	return strings.ReplaceAll(blanks.ReplaceAllString(toml, " "), " # \n", "\n")
}

// Every element of a file becomes a setting or a comment.
func TestNothingGetsLost(t *testing.T) {
	for _, file := range []string{"testdata/debian.xml", "testdata/azuracast.xml", "testdata/kh.xml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Parse(file, text)
		if err != nil {
			t.Fatal(err)
		}
		var visit func(*element)
		visit = func(e *element) {
			if !e.taken {
				t.Errorf("%s:%d: nobody looked at %v", file, e.line, e)
			}
			for _, below := range e.children {
				visit(below)
			}
		}
		visit(c.root)
	}
}
