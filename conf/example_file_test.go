package conf

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const exampleFile = "../relay.example.toml"

// commented matches the example's lines that are commented out.
var commented = regexp.MustCompile(`(?m)^#([^ #])`)

func TestExampleFileIsTheDefaults(t *testing.T) {
	c, err := Load(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c, Default()) {
		t.Errorf("got  %+v\nwant %+v", c, Default())
	}
}

func TestExampleFileShowsEveryKey(t *testing.T) {
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	text = commented.ReplaceAll(text, []byte("$1"))
	c := parse(t, string(text))
	shown := keyLines(string(text))
	for _, table := range tablesOf("", reflect.TypeFor[Config]()) {
		name := table.name
		name = regexp.MustCompile(`^(mount|relay)\b`).ReplaceAllString(name, "$1[0]")
		name = regexp.MustCompile(`\.(source|rendition)\b`).ReplaceAllString(name, ".$1[0]")
		for _, key := range table.keys {
			if regexp.MustCompile(`(password|secret)_file$`).MatchString(key) {
				continue // explained at the top, for all secrets
			}
			if shown[name+"."+key] == 0 {
				t.Errorf("%s is not in %s", name+"."+key, table.written)
			}
		}
	}

	declared := c.Mounts
	c.Mounts, c.Relays = nil, nil
	if !reflect.DeepEqual(c, Default()) {
		t.Errorf("got  %+v\nwant %+v", c, Default())
	}
	if len(declared) != 1 {
		t.Fatalf("%d mounts", len(declared))
	}
	declared[0].Files.set, declared[0].ListenerAuth.set = nil, given{}
	declared[0].set, declared[0].Sources, declared[0].Renditions = nil, nil, nil // the file gives examples there
	want := Default().Mount(declared[0].Name)
	want.SourceUser = "" // shown as "that of [auth]"
	if !reflect.DeepEqual(declared[0], want) {
		t.Errorf("got  %+v\nwant %+v", declared[0], want)
	}
}

func TestExampleFileMarksWhatNeedsARestart(t *testing.T) {
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	lines, marked := strings.Split(string(text), "\n"), map[string]bool{}
	for key, line := range keyLines(string(text)) {
		if strings.HasSuffix(lines[line-1], "(restart)") && !strings.Contains(key, "[") { // no item of a list
			marked[key] = true
		}
	}
	if !reflect.DeepEqual(marked, restartKeys) {
		t.Errorf("marked are %v, and a restart is needed for %v", marked, restartKeys)
	}
}
