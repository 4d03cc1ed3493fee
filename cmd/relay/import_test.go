package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relay/conf"
)

const icecastXML = `<icecast>
  <limits><threadpool>5</threadpool><clients>9</clients></limits>
  <authentication><source-password>geheim</source-password></authentication>
  <mount><mount-name>/live</mount-name><on-connect>/bin/geheim</on-connect></mount>
</icecast>`

const whatIsLost = `icecast.xml:4: <on-connect>: relay runs no scripts; mount.listener_auth.on_source tells a web server instead
icecast.xml: not needed here, and left out: 1 (the comments of relay import name them)
`

func TestImport(t *testing.T) {
	var toml, notes bytes.Buffer
	if err := convert("-", strings.NewReader(icecastXML), &toml, &notes); err != nil {
		t.Fatal(err)
	}
	c, err := conf.Parse("relay.toml", toml.Bytes())
	if err != nil || c.Limits.Listeners != 9 || c.Auth.SourcePassword != "geheim" {
		t.Errorf("got %+v, %v", c, err)
	}
	if notes.String() != whatIsLost {
		t.Errorf("got %s", notes.String())
	}
}

func TestImportOfWhatCannotRun(t *testing.T) {
	var toml, notes bytes.Buffer
	err := convert("-", strings.NewReader("<icecast>\n<hostname>a:b</hostname></icecast>"), &toml, &notes)
	const want = `icecast.xml:2: <hostname> = "a:b": must be a bare host name or IP address, such as "radio.example.org"`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(toml.String(), `hostname = "a:b"`) {
		t.Errorf("nothing to put right in %s", toml.String())
	}
	if err := convert("nowhere.xml", nil, &toml, &notes); err == nil {
		t.Error("a file that is not there was read")
	}
}

func TestConfigurationInEitherLanguage(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"icecast.xml": icecastXML,
		"icecast":     "\ufeff\n" + icecastXML,
		"relay.toml":  "[limits]\nlisteners = 9",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var notes bytes.Buffer
		c, err := loadConfiguration(path, &notes)
		if err != nil || c.Limits.Listeners != 9 {
			t.Errorf("%s: %v, %v", name, c, err)
		}
		if told := notes.Len() > 0; told != strings.Contains(text, "<icecast>") {
			t.Errorf("%s: told %q", name, notes.String())
		}
	}
	if _, err := loadConfiguration(filepath.Join(dir, "none.xml"), os.Stderr); err == nil || !strings.Contains(err.Error(), "cannot be read: no such file") {
		t.Errorf("got %v", err)
	}
	if c, err := loadConfiguration("", os.Stderr); err != nil || c.Limits.Listeners != conf.Default().Limits.Listeners {
		t.Errorf("without a file: %v, %v", c, err)
	}
}
