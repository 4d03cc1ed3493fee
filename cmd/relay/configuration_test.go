package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A configuration with an unusable certificate is invalid, in both formats: relay would
// not start with it.
func TestConfigurationWithoutItsCertificate(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct{ text, want string }{
		"relay.toml":  {"[tls]\ncert_file = 'a.pem'\nkey_file = 'a.key'", `relay.toml:2: tls.cert_file = "a.pem": cannot be read`},
		"icecast.xml": {"<icecast>\n<paths>\n<ssl-certificate>a.pem</ssl-certificate></paths></icecast>", `icecast.xml:3: <ssl-certificate> = "a.pem": cannot be read`},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadConfiguration(path, io.Discard); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v\nwant %s", err, tt.want)
		}
	}
}
