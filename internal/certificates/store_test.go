package certificates

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// write stores a certificate that is valid until the given time, with its key, in the
// files of c.
func write(t testing.TB, c conf.TLS, name string, until time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: until.Add(-time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{c.CertFile: {Type: "CERTIFICATE", Bytes: der}, c.KeyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// inFiles returns a configuration with files that do not exist yet.
func inFiles(t testing.TB) conf.TLS {
	dir := t.TempDir()
	return conf.TLS{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
}

// name returns the common name of the certificate that is shown.
func (s *Store) name(t testing.TB) string {
	t.Helper()
	pair, err := s.TLS().GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	return pair.Leaf.Subject.CommonName
}

func TestNothingWanted(t *testing.T) {
	s, err := Open(conf.TLS{}, zap.NewNop())
	if s != nil || err != nil || s.TLS() != nil {
		t.Errorf("%v, %v", s, err)
	}
	s.Run(t.Context()) // returns
	if s.Challenges(nil) != nil {
		t.Error("there is a handler of challenges")
	}
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	c := inFiles(t)
	if _, err := Open(c, zap.NewNop()); err == nil || !strings.Contains(err.Error(), c.CertFile) || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("without files: %v", err)
	}
	write(t, c, "first", time.Now().Add(time.Hour))
	if err := os.WriteFile(c.KeyFile, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(c, zap.NewNop()); err == nil || !strings.Contains(err.Error(), c.KeyFile) {
		t.Errorf("with a key that is none: %v", err)
	}
}

func TestNewFiles(t *testing.T) {
	c := inFiles(t)
	write(t, c, "first", time.Now().Add(10*time.Minute))
	core, log := observer.New(zap.WarnLevel)
	s, err := Open(c, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	if s.files.look() {
		t.Error("files that are as they were have changed")
	}
	if err := os.Chmod(c.KeyFile, 0o640); err != nil {
		t.Fatal(err)
	}
	if !s.files.look() {
		t.Error("it is not seen that a key may be read now")
	}
	s.files.warn()
	s.files.warn()
	if log.FilterMessage("the certificate ends soon").Len() != 1 {
		t.Errorf("warned: %v", log.All())
	}

	write(t, c, "expired", time.Now().Add(-time.Minute))
	if !s.files.look() {
		t.Error("new files are not seen")
	}
	if err := s.files.load(); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("an expired one: %v", err)
	}
	os.Remove(c.CertFile)
	if s.files.look() {
		t.Error("a file that is gone counts as a new one")
	}
	if name := s.name(t); name != "first" {
		t.Errorf("%q is shown", name)
	}
	write(t, c, "second", time.Now().Add(time.Hour))
	if !s.files.look() || s.files.load() != nil || s.name(t) != "second" {
		t.Errorf("%q is shown", s.name(t))
	}
}

// A certificate that is not valid at the start is shown, with an error in the log:
// without it the station would be silent.
func TestNotValidAtTheStart(t *testing.T) {
	for name, until := range map[string]time.Time{"expired": time.Now().Add(-time.Minute), "not valid yet": time.Now().Add(90 * time.Minute)} {
		c := inFiles(t)
		write(t, c, name, until)
		core, log := observer.New(zap.ErrorLevel)
		if s, err := Open(c, zap.New(core)); err != nil || s.name(t) != name {
			t.Errorf("%v", err)
		}
		if log.Len() != 1 || !strings.Contains(log.All()[0].Message, name) {
			t.Errorf("%v", log.All())
		}
	}
}

// A certificate that is not valid yet replaces the previous one only when it is.
func TestNotValidYet(t *testing.T) {
	c := inFiles(t)
	write(t, c, "first", time.Now().Add(time.Minute))
	s := open(t, c)
	synctest.Test(t, func(t *testing.T) { // where it is the year 2000
		core, log := observer.New(zap.InfoLevel)
		s.files.log = zap.New(core)
		write(t, c, "second", time.Now().Add(2*time.Hour))
		for range 3 {
			s.files.refresh()
		}
		if name := s.name(t); name != "first" {
			t.Errorf("%q is shown", name)
		}
		if log.Len() != 1 || !strings.Contains(log.All()[0].ContextMap()["error"].(string), "not valid before") {
			t.Errorf("the log has %v", log.All())
		}
		time.Sleep(time.Hour)
		s.files.refresh()
		if name := s.name(t); name != "second" {
			t.Errorf("when it is valid, %q is shown", name)
		}
	})
}

// Files that could not be read are read again, even if they look unchanged.
func TestReadAgainAfterAFailure(t *testing.T) {
	c := inFiles(t)
	write(t, c, "first", time.Now().Add(time.Hour))
	core, log := observer.New(zap.ErrorLevel)
	s, err := Open(c, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	write(t, c, "second", time.Now().Add(time.Hour))
	key, err := os.ReadFile(c.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	for _, text := range [][]byte{make([]byte, len(key)), key} {
		if err := os.WriteFile(c.KeyFile, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(c.KeyFile, at, at); err != nil {
			t.Fatal(err)
		}
		s.files.refresh()
		s.files.refresh()
	}
	if name := s.name(t); name != "second" {
		t.Errorf("%q is shown", name)
	}
	if log.Len() != 1 {
		t.Errorf("it is told %d times: %v", log.Len(), log.All())
	}
}
