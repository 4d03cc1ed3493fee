package conf

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

func TestNothingGivesDefaults(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing", "\ufeff[server]\n", "[limits]\n[auth]\n[log]\n[tls]\n", "mount = []"} {
		if c := parse(t, text); !reflect.DeepEqual(c, Default()) {
			t.Errorf("%q: got %+v", text, c)
		}
	}
	c, err := Load("")
	if err != nil || !reflect.DeepEqual(c, Default()) {
		t.Errorf("no file: got %+v, %v", c, err)
	}
}

func TestEveryKindOfValueArrives(t *testing.T) {
	c := parse(t, `
[server]
listen = [
  ":8000", # all
  "[::1]:9000",
]
shoutcast_listen = ":8001"
shoutcast_mount = "/old"
hostname = "radio.example.org"
public_url = "https://radio.example.org/"
[limits]
listeners = 5_000
burst = 0
buffer = "1MiB"
flush_interval = "20ms"
flush_max = "20ms"
lag_policy = "drop"
[auth]
source_password = "hackme"
[log]
format = "json"
[tls]
listen = [":8443"]
cert_file = "cert.pem"
key_file = "/etc/key.pem"
[[mount]]
name = "/live"
public = true
[mount.files]
paths = ["music/", "/srv/jingle.mp3"]
`)
	want := Default()
	want.Server = Server{
		Listen: []string{":8000", "[::1]:9000"}, ShoutcastListen: ":8001", ShoutcastMount: "/old", Hostname: "radio.example.org",
		PublicURL: "https://radio.example.org", Location: "Earth",
	}
	want.Limits.Listeners = 5000
	want.Limits.Burst = Burst{}
	want.Limits.Buffer = 1 << 20
	want.Limits.FlushInterval, want.Limits.FlushMax = MinFlushInterval, MinFlushInterval
	want.Limits.LagPolicy = LagDrop
	want.Auth.SourcePassword = "hackme"
	want.Log.Format = "json"
	want.TLS = TLS{Listen: []string{":8443"}, CertFile: "cert.pem", KeyFile: "/etc/key.pem"}
	want.Mounts = []Mount{{
		Name: "/live", Public: true,
		Files: Files{Paths: []string{"music", "/srv/jingle.mp3"}, set: map[string]bool{"paths": true}},
		set:   map[string]bool{"name": true, "public": true, "files": true},
	}}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

func TestPathsStartAtTheFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "relay.toml")
	write(t, name, `
[tls]
cert_file = "tls/cert.pem"
key_file = "/etc/key.pem"
[auth]
admin_password_file = "secret"
[[mount]]
name = "/a"
files.paths = ["../music"]
`)
	write(t, filepath.Join(dir, "secret"), "s3cret\n")
	c, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.TLS.CertFile, c.TLS.KeyFile, c.Auth.AdminPassword.Reveal(), c.Mounts[0].Files.Paths[0]}
	want := []string{filepath.Join(dir, "tls/cert.pem"), "/etc/key.pem", "s3cret", filepath.Join(filepath.Dir(dir), "music")}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "relay.toml")
	_, err := Load(missing)
	if want := missing + ": cannot be read: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
	if _, err := Load(dir); err == nil || err.Error() != dir+": cannot be read: is a directory" {
		t.Errorf("a folder: got %v", err)
	}
}

func TestSyntaxErrorIsOneSentence(t *testing.T) {
	refusals{
		{"[server]\nlisten = :8000", `relay.toml:2: not valid TOML: expected value but found ':' instead (text is written in quotes, "…")`},
		{"\n[server\n", `relay.toml:2: not valid TOML: expected '.' or ']' to end table name, but got '\n' instead`},
		{"[log]\nlevel='info'\nlevel='warn'", `relay.toml:3: not valid TOML: Key 'log.level' has already been defined`},
		{"a = \"\"\"\nb", `relay.toml:2: not valid TOML: unexpected EOF; expected '"""'`},
		{"a = 0x\n", `relay.toml:1: not valid TOML: not a hexadecimal number: '0x\n'`},
		{"\x01", "relay.toml:1: not valid TOML: TOML files cannot contain control characters: '0x01'"},
		{"\xff", "relay.toml:1: not valid TOML: invalid UTF-8 byte: 0xff"},
	}.check(t)
}

func TestSyntaxErrorHidesPasswords(t *testing.T) {
	const want = `relay.toml:2: not valid TOML: a password is written as NAME = "…", in quotes, and each key once`
	refusals{
		{"[auth]\nsource_password = hunter2\n", want},
		{"[auth]\nsource_password = 12hunter\n", want},
		{"[auth]\nadmin_password = \"hunter2\n", want},
	}.check(t)
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
