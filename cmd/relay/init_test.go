package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"relay"
	"relay/conf"
)

func TestInit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "relay.toml")
	var told bytes.Buffer
	if err := initialise(path, nil, &told); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	c, err := conf.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	source, admin := c.Auth.SourcePassword.Reveal(), c.Auth.AdminPassword.Reveal()
	if len(source) < 12 || len(admin) < 12 || source == admin {
		t.Errorf("passwords %q and %q", source, admin)
	}
	for _, want := range []string{source, admin, "relay check -c " + path} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("%q is not told in\n%s", want, told.String())
		}
	}
	if m := c.Mounts; len(m) != 1 || m[0].Name != "/live" || !m[0].Interlude {
		t.Errorf("mounts %+v", m)
	}
	if c.Server.ShoutcastListen != ":8001" || c.Server.ShoutcastMount != "/live" {
		t.Errorf("SHOUTcast sources get %+v", c.Server)
	}
	c.Server, c.Mounts = conf.Default().Server, nil
	c.Auth.SourcePassword, c.Auth.AdminPassword = "", ""
	if !reflect.DeepEqual(c, conf.Default()) {
		t.Errorf("got  %+v\nwant %+v", c, conf.Default())
	}

	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := initialise(path, nil, &told); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("a second time: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file has changed (%v)", err)
	}
}

func TestInitWithValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "relay.toml")
	set := values{}
	for _, text := range []string{`log.format="json"`, `limits.listeners = 7`, `auth.admin_password="mine"`, `server.listen=[":1", ":2"]`} {
		if err := set.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := initialise(path, set, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	c, err := conf.Load(path)
	if err != nil || c.Log.Format != "json" || c.Limits.Listeners != 7 || c.Auth.AdminPassword.Reveal() != "mine" || len(c.Server.Listen) != 2 {
		t.Errorf("got %+v, %v", c, err)
	}

	if set.Set("log.format") == nil {
		t.Error("a key without a value is taken")
	}
	for text, want := range map[string]string{
		"log.fromat=1":       "there is no key log.fromat to set",
		`log.format="later"`: `must be "console" or "json"`,
		"log.format=[":       "relay.toml",
	} {
		bad, path := values{}, path+".bad"
		bad.Set(text)
		if err := initialise(path, bad, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: a file is written", text)
		}
	}
}

// The new configuration contains and explains every key.
func TestInitExplainsEveryKey(t *testing.T) {
	text, err := newConfiguration(relay.ExampleConfiguration, "a", "b", nil)
	if err != nil {
		t.Fatal(err)
	}
	explained, table := map[string]bool{}, ""
	for line := range strings.Lines(text) {
		if m := regexp.MustCompile(`^#?\[+([a-z_.]+)\]`).FindStringSubmatch(line); m != nil {
			table = m[1]
		}
		if m := regexp.MustCompile(`^#?([a-z_]+) *= *("[^"]*"|\[[^\]]*\]|[^ #]+)(.*)`).FindStringSubmatch(line); m != nil {
			explained[table+"."+m[1]] = regexp.MustCompile(`# \S`).MatchString(m[3])
		}
	}
	keys := keysOf("", reflect.TypeFor[conf.Config]())
	for _, key := range keys {
		switch about, there := explained[key]; {
		case !there:
			t.Errorf("relay.example.toml, which relay init writes, has no line for %s", key)
		case !about:
			t.Errorf("relay.example.toml, which relay init writes, does not say in a comment on its line what %s is for", key)
		}
	}
	if len(keys) < 60 {
		t.Errorf("only %d keys are found", len(keys))
	}
}

// keysOf lists the keys below a struct of the configuration, "log.format".
func keysOf(table string, in reflect.Type) []string {
	var keys []string
	for i := range in.NumField() {
		name := in.Field(i).Tag.Get("toml")
		if name == "" {
			continue
		}
		below := in.Field(i).Type
		if below.Kind() == reflect.Slice {
			below = below.Elem()
		}
		_, readsItself := reflect.PointerTo(below).MethodByName("UnmarshalTOML")
		name = strings.TrimPrefix(table+"."+name, ".")
		if below.Kind() == reflect.Struct && !readsItself {
			keys = append(keys, keysOf(name, below)...)
		} else {
			keys = append(keys, name)
		}
	}
	return keys
}
