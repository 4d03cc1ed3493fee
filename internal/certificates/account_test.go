package certificates

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"relay/conf"
)

// No account is made if its key cannot be stored: servers allow few accounts per
// address.
func TestNoAccountWithoutItsKey(t *testing.T) {
	var asked atomic.Int64
	directory := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer directory.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	i := open(t, conf.TLS{ACMEHosts: []string{host}, ACMEDir: directory.URL, ACMECache: filepath.Join(file, "acme")}).issuer
	defer i.account.close()
	for range 2 {
		if _, err := i.fetch(t.Context(), i.all[0]); err == nil {
			t.Error("there is a certificate")
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the server was asked %d times", n)
	}
}

// The account's key stays the same after a restart, and so does one that autocert
// wrote.
func TestKeyOfTheAccountIsKept(t *testing.T) {
	c := conf.TLS{ACMEHosts: []string{host}, ACMECache: t.TempDir()}
	first, err := open(t, c).issuer.account.key(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := open(t, c).issuer.account.key(t.Context()); err != nil || !first.(*ecdsa.PrivateKey).Equal(again) {
		t.Errorf("another key, %v", err)
	}
	older, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(older)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	if err := os.WriteFile(filepath.Join(c.ACMECache, accountKey), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if again, err := open(t, c).issuer.account.key(t.Context()); err != nil || !older.Equal(again) {
		t.Errorf("not the one that was there, %v", err)
	}
}
