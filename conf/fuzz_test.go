package conf

import (
	"os"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// FuzzParse checks that no text makes Parse panic, that accepted texts give a usable
// configuration, and that problems have a place: every error gives a line of the text,
// and every key that the TOML parser finds has a line.
func FuzzParse(f *testing.F) {
	example, err := os.ReadFile(exampleFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(example))
	f.Add(string(commented.ReplaceAll(example, []byte("$1"))))
	for _, text := range []string{
		"[limits]\nflush_intervall = '1s'\nburst = 0x10\n",
		"mount = [{name = '/a', files.paths = ['x', \"\"\"\ny\"\"\"\"]},\n{name='/b*'}]",
		"[[a]]\n[[a.b]]\n'c.d'.\"e\\u0020\" = '''\n[x]''''\n[a.b.f]\ng = [[1,2],[{h = 1979-05-27 07:32:00}]]",
		"\ufeff# x\r\na.b = 1 # y\r\n[a.c]\r\n",
		"[auth]\nsource_password = '${X}'\nadmin_password_file = 'y'",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("relay.toml", []byte(text))
		if (c == nil) == (err == nil) {
			t.Fatalf("%v and %v", c, err)
		}
		if c != nil {
			c.Mount("/live")
		}
		ends := strings.Count(text, "\n") + 1
		each(t, err, func(e *Error) {
			if e.File != "relay.toml" || e.Line < 1 || e.Line > ends || e.Problem == "" || strings.Contains(e.Error(), "\n") {
				t.Errorf("%q of %d lines: %+v", text, ends, e)
			}
		})
		tables := make(map[string]any)
		if _, err := toml.Decode(text, &tables); err == nil {
			checkLines(t, path{}, tables, keyLines(text))
		}
	})
}

// checkLines checks that each key in and below a table has a line.
func checkLines(t *testing.T, at path, v any, lines map[string]int) {
	if at.parent != nil && lines[at.id] == 0 {
		t.Errorf("%s has no line in %v", at.id, lines)
	}
	switch v := v.(type) {
	case map[string]any:
		for name, below := range v {
			checkLines(t, at.key(name), below, lines)
		}
	case []map[string]any:
		for i, below := range v {
			checkLines(t, at.item(i), below, lines)
		}
	case []any:
		for i, below := range v {
			checkLines(t, at.item(i), below, lines)
		}
	}
}
