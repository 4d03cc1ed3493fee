package harness

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A Certificate is a self-signed certificate for 127.0.0.1 and localhost, with its
// key, in two PEM files.
type Certificate struct{ CertFile, KeyFile string }

// SelfSigned writes a new certificate with the common name name into a temporary
// directory of the test.
func SelfSigned(t testing.TB, name string) (c Certificate) {
	t.Helper()
	dir := t.TempDir()
	c = Certificate{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	c.Renew(t, name)
	return c
}

// Renew replaces the files by a certificate with a new key, by renaming, as ACME
// clients do.
func (c Certificate) Renew(t testing.TB, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.Write(t, name, key)
}

// Write replaces the files by a new certificate with the given key, by renaming. The
// certificate is valid for an hour.
func (c Certificate) Write(t testing.TB, name string, key crypto.Signer) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		Subject:     pkix.Name{CommonName: name},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour),
		NotAfter:  time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{c.KeyFile: {Type: "PRIVATE KEY", Bytes: keyDER}, c.CertFile: {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(file+".new", pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
}

// TOML returns the [tls] table that uses the certificate, followed by the lines in
// more.
func (c Certificate) TOML(more ...string) string {
	return fmt.Sprintf("[tls]\ncert_file = %q\nkey_file = %q\n%s\n", c.CertFile, c.KeyFile, strings.Join(more, "\n"))
}

// AnyCertificate accepts every certificate. Tests that depend on the certificate
// check it themselves.
var AnyCertificate = &tls.Config{InsecureSkipVerify: true}
