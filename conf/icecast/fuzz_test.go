package icecast

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// FuzzParse checks that any readable XML becomes valid TOML, always the same, and that
// relay's errors about it have a place in the XML.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("<icecast><mount type='default'><charset>\"\\</charset></mount><a:b c:d='\n'>&#x7f;</a:b></icecast>")
	f.Add("<icecast><relay><host/><host/><server>%</server><local-mount>/a</local-mount></relay></icecast>")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("icecast.xml", []byte(text))
		if err != nil {
			if c != nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v and %q", c, err)
			}
			return
		}
		written := c.TOML()
		if _, err := toml.Decode(string(written), new(map[string]any)); err != nil {
			t.Fatalf("%q became\n%s\n%v", text, written, err)
		}
		again, _ := Parse("icecast.xml", []byte(text))
		if string(again.TOML()) != string(written) {
			t.Errorf("%q becomes another text another time", text)
		}
		lines := strings.Count(text, "\n") + 1
		if _, err := c.Load(); err != nil {
			for _, e := range problems(err) {
				if e.File != "icecast.xml" || e.Line < 1 || e.Line > lines || strings.HasPrefix(e.Problem, "unknown") {
					t.Errorf("%q: %v", text, e)
				}
			}
		}
	})
}
