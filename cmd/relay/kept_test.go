package main

import (
	"os"
	"path/filepath"
	"testing"

	"relay/conf"
)

// Generated passwords stay the same after a restart if there is a folder for them;
// configured passwords take precedence.
func TestPasswordsAreKept(t *testing.T) {
	folder := t.TempDir()
	start := func(folder string, given conf.Secret) (source, admin, history string, err error) {
		c := conf.Default()
		c.Auth.SourcePassword = given
		var made passwords
		err = made.keep(folder, c)
		made.fill(c)
		return c.Auth.SourcePassword.Reveal(), c.Auth.AdminPassword.Reveal(), c.History.File, err
	}
	source, admin, history, err := start(folder, "")
	if err != nil || len(source) < 12 || len(admin) < 12 || source == admin || history != filepath.Join(folder, "history.db") {
		t.Fatalf("%q, %q, %q, %v", source, admin, history, err)
	}
	if s, a, _, err := start(folder, ""); s != source || a != admin || err != nil {
		t.Errorf("after a restart %q and %q, not %q and %q (%v)", s, a, source, admin, err)
	}
	if s, a, _, _ := start(folder, "given"); s != "given" || a != admin {
		t.Errorf("beside one that is configured: %q and %q", s, a)
	}
	if info, err := os.Stat(filepath.Join(folder, "source-password")); err != nil || info.Mode() != 0o600 {
		t.Errorf("others may read it: %v, %v", info, err)
	}
	if s, a, _, err := start(filepath.Join(folder, "absent"), ""); s == "" || a == "" || err == nil {
		t.Errorf("without the folder: %q, %q, %v", s, a, err)
	}
	if s, _, history, _ := start("", ""); s == source || history != "" {
		t.Errorf("without a place it is kept: %q, %q", s, history)
	}
}

// The data folder has a file for bans, unless the configuration names one, and one for
// mounts; existing ones are kept.
func TestBansAndMountsAreKept(t *testing.T) {
	folder := t.TempDir()
	path, err := keptConfiguration(folder)
	if err != nil || path != filepath.Join(folder, "relay.toml") {
		t.Fatal(path, err)
	}
	mount := "[[mount]]\nname = \"/a\"\n"
	if c, err := conf.Load(path); err != nil || len(c.Mounts) != 0 {
		t.Errorf("it begins with %v, %v", c, err)
	}
	for _, file := range []string{path, filepath.Join(folder, "bans")} {
		if err := os.WriteFile(file, []byte(mount), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := conf.Default()
	var made passwords
	if err := made.keep(folder, c); err != nil || c.Auth.DenyIPsFile != filepath.Join(folder, "bans") {
		t.Errorf("bans go to %q, %v", c.Auth.DenyIPsFile, err)
	}
	if _, err := keptConfiguration(folder); err != nil {
		t.Error(err)
	}
	for _, file := range []string{path, c.Auth.DenyIPsFile} {
		if text, err := os.ReadFile(file); string(text) != mount {
			t.Errorf("%s has become %q, %v", file, text, err)
		}
	}
	c.Auth.DenyIPsFile = "/given"
	if made.keep(folder, c); c.Auth.DenyIPsFile != "/given" {
		t.Errorf("bans go to %q", c.Auth.DenyIPsFile)
	}
	for _, absent := range []string{"", filepath.Join(folder, "absent")} {
		c := conf.Default()
		path, err := keptConfiguration(absent)
		made.keep(absent, c)
		if path != "" || c.Auth.DenyIPsFile != "" || (err != nil) != (absent != "") {
			t.Errorf("in %q: %q, %q, %v", absent, path, c.Auth.DenyIPsFile, err)
		}
	}
}
