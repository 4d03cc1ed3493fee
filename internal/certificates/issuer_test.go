package certificates

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/acme"

	"relay/conf"
)

const host = "radio.example.org"

// everybody is the hello of a client that supports both types of key, and oldRadio
// that of a client that supports RSA only.
var (
	everybody = tls.ClientHelloInfo{
		ServerName: host, SupportedVersions: []uint16{tls.VersionTLS12},
		SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256, tls.PKCS1WithSHA256},
		SupportedCurves:  []tls.CurveID{tls.CurveP256}, SupportedPoints: []uint8{0},
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
	}
	oldRadio = tls.ClientHelloInfo{
		SupportedVersions: []uint16{tls.VersionTLS12}, SignatureSchemes: []tls.SignatureScheme{tls.PKCS1WithSHA256},
		SupportedCurves: []tls.CurveID{tls.CurveP256}, SupportedPoints: []uint8{0},
		CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
	}
)

// issue makes a certificate as an ACME server would.
func issue(t testing.TB, w *wanted, from, until time.Time) *tls.Certificate {
	t.Helper()
	key, err := w.newKey()
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{w.host}, NotBefore: from, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// keep issues a certificate and stores it for the next start.
func keep(t testing.TB, c conf.TLS, w *wanted, until time.Time) *tls.Certificate {
	t.Helper()
	pair := issue(t, w, until.Add(-time.Hour), until)
	if err := newIssuer(c, zap.NewNop()).keep(t.Context(), w, pair); err != nil {
		t.Fatal(err)
	}
	return pair
}

func open(t testing.TB, c conf.TLS) *Store {
	t.Helper()
	s, err := Open(c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestACMEHosts(t *testing.T) {
	i := newIssuer(conf.TLS{ACMEHosts: []string{host, "Rädio.example."}, ACMECache: t.TempDir()}, zap.NewNop())
	for name, want := range map[string]bool{
		host: true, host + ":8000": true, "RADIO.example.org": true, "xn--rdio-loa.example": true, "other.example.org": false, "": false,
	} {
		if i.isOurs(name) != want {
			t.Errorf("%q is ours: %v", name, !want)
		}
	}
}

// Only Run sends requests to the ACME server. While there is no certificate, a
// handshake neither sends one nor waits.
func TestHandshakeWaitsForNoACMEServer(t *testing.T) {
	asked := make(chan struct{}, 100)
	directory := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer directory.Close()
	s := open(t, conf.TLS{ACMEHosts: []string{host}, ACMEDir: directory.URL, ACMECache: t.TempDir()})
	hello := func(name string, protocols ...string) {
		t.Helper()
		if pair, err := s.TLS().GetCertificate(&tls.ClientHelloInfo{ServerName: name, SupportedProtos: protocols}); err == nil {
			t.Errorf("%q is shown %v", name, pair)
		}
	}
	hellos := func() {
		for _, name := range []string{host, "other.example.org", ""} {
			hello(name)
			hello(name, acme.ALPNProto)
		}
	}
	hellos()
	if len(asked) > 0 {
		t.Error("a handshake has asked the ACME server")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	<-asked
	hellos()
	cancel()
	<-ended
}

// Run ends at once, whatever the ACME server is doing.
func TestRunEndsWhileAnACMEServerFails(t *testing.T) {
	asked := make(chan struct{}, 100)
	directory := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		asked <- struct{}{}
	}))
	defer directory.Close()
	s := open(t, conf.TLS{ACMEHosts: []string{host}, ACMEDir: directory.URL, ACMECache: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	<-asked
	cancel()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("it goes on")
	}
}

// A stored certificate is shown from the start, even an expired one: without it the
// station would be silent.
func TestFetchedBeforeIsShown(t *testing.T) {
	for name, until := range map[string]time.Time{"valid": time.Now().Add(time.Hour), "expired": time.Now().Add(-time.Hour)} {
		t.Run(name, func(t *testing.T) {
			c := conf.TLS{ACMEHosts: []string{host}, ACMECache: filepath.Join(t.TempDir(), "acme"), OldClients: true}
			modern, old := keep(t, c, &wanted{host: host}, until), keep(t, c, &wanted{host: host, rsa: true}, until)
			s := open(t, c)
			for hello, want := range map[*tls.ClientHelloInfo]*tls.Certificate{&everybody: modern, &oldRadio: old} {
				if pair, err := s.TLS().GetCertificate(hello); err != nil || !pair.Leaf.Equal(want.Leaf) {
					t.Errorf("%q is shown another, %v", hello.ServerName, err)
				}
			}
			if due := !time.Now().Before(s.issuer.all[0].due); due != (name == "expired") {
				t.Errorf("the next one is due: %v", due)
			}
		})
	}
}

// There is an RSA certificate only with tls.old_clients.
func TestRSAForOldClientsAlone(t *testing.T) {
	for old, want := range map[bool]int{false: 1, true: 2} {
		s := open(t, conf.TLS{ACMEHosts: []string{host}, ACMECache: t.TempDir(), OldClients: old})
		if got := len(s.issuer.all); got != want {
			t.Errorf("old clients %v: %d certificates are wanted", old, got)
		}
	}
}

// A stored certificate that cannot be used is not shown, and another is fetched.
func TestFetchedBeforeCannotBeUsed(t *testing.T) {
	c := conf.TLS{ACMEHosts: []string{host}, ACMECache: t.TempDir()}
	other := keep(t, c, &wanted{host: "other.example.org"}, time.Now().Add(time.Hour))
	ofOther, err := encode(other.PrivateKey, other.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"nothing": "", "of another host": string(ofOther)} {
		if err := os.WriteFile(filepath.Join(c.ACMECache, host), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if w := open(t, c).issuer.all[0]; w.shown.Load() != nil || !w.due.IsZero() {
			t.Errorf("%s: shown %v, due %v", name, w.shown.Load(), w.due)
		}
	}
}
