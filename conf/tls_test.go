package conf

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTLSFiles(t *testing.T) {
	refusals{
		{"[tls]\nlisten = [':8443']", `relay.toml:2: tls.listen = [":8443"]: needs tls.cert_file and tls.key_file, or tls.acme_hosts`},
		{"[tls]\nlisten = [':8443']\ncert_file = 'c'", `relay.toml:3: tls.cert_file = "c": needs tls.key_file too`},
		{"[tls]\nkey_file = 'k'", `relay.toml:2: tls.key_file = "k": needs tls.cert_file too`},
		{"[tls]\nredirect_pages = true", `relay.toml:2: tls.redirect_pages = true: needs tls.cert_file and tls.key_file, or tls.acme_hosts`},
		{"[tls]\ncert_file = 'c'\nkey_file = 'k'\nacme_hosts = ['a.example']", `relay.toml:4: tls.acme_hosts = ["a.example"]: cannot be combined with tls.cert_file: keep one of the two`},
		{"[tls]\nacme_hosts = ['a.example:443']", `relay.toml:2: tls.acme_hosts = "a.example:443": must be the name of this host, such as "radio.example.org"`},
		{"[tls]\nacme_hosts = ['a.example']\nacme_dir = 'http://a'", `relay.toml:3: tls.acme_dir = "http://a": must be the address of a directory, such as "https://acme-v02.api.letsencrypt.org/directory"`},
	}.check(t)
}

// writePair writes an expired certificate to cert.pem and key.pem.
func writePair(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(-time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A text with which relay would not start is invalid on this machine, but may be valid
// on others.
func TestTryLooksAtTheCertificate(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	file := filepath.Join(dir, "relay.toml")
	const text = "[tls]\ncert_file = 'cert.pem'\nkey_file = 'key.pem'"
	refused := func(want string) {
		t.Helper()
		if c, err := Try(file, []byte(text)); c != nil || err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
		if _, err := Parse(file, []byte(text)); err != nil {
			t.Errorf("elsewhere: %v", err)
		}
	}
	refused(`DIR/relay.toml:2: tls.cert_file = "cert.pem": cannot be read: no such file or directory` + "\n" +
		`DIR/relay.toml:3: tls.key_file = "key.pem": cannot be read: no such file or directory`)
	writePair(t, dir)
	if _, err := Try(file, []byte(text)); err != nil {
		t.Errorf("one that has expired: %v", err)
	}
	writePair(t, other)
	if err := os.Rename(filepath.Join(other, "key.pem"), filepath.Join(dir, "key.pem")); err != nil {
		t.Fatal(err)
	}
	refused(`DIR/relay.toml:2: tls.cert_file = "cert.pem": cannot be used with tls.key_file = "DIR/key.pem": tls: private key does not match public key`)
}
