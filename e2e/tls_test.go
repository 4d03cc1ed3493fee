package e2e

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// selfSigned writes a certificate for 127.0.0.1 and its key.
func selfSigned(t testing.TB) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "radio.example"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600)
	return certFile, keyFile
}

// freePort returns a loopback address that was free a moment ago.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Sources, listeners and pages over TLS are the same as without.
func TestTLS(t *testing.T) {
	cert, key := selfSigned(t)
	secure := freePort(t)
	r := start(t, fmt.Sprintf("%s[limits]\nflush_interval = \"50ms\"\n[tls]\nlisten = [%q]\ncert_file = %q\nkey_file = %q\n", config, secure, cert, key))
	insecure := &tls.Config{InsecureSkipVerify: true}
	dial := func() net.Conn {
		conn, err := tls.Dial("tcp", secure, insecure)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(patience))
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	e := &encoder{Conn: dial()}
	fmt.Fprintf(e, "PUT /live HTTP/1.1\r\nContent-Type: audio/mpeg\r\nAuthorization: %s\r\n\r\n", basic("source", "hackme"))
	if line, err := bufio.NewReader(e.Conn).ReadString('\n'); err != nil || line != "HTTP/1.0 200 OK\r\n" {
		t.Fatalf("source got %q, %v", line, err)
	}
	e.frames(t, 100)
	eventually(t, "frames", func() bool { return r.source(t, "/live").BitRate == 128 })

	p := &player{Conn: dial(), header: map[string]string{}}
	p.in = bufio.NewReader(p.Conn)
	io.WriteString(p, "GET /live HTTP/1.1\r\nHost: a\r\nIcy-MetaData: 1\r\n\r\n")
	for line := ""; line != "\r\n"; {
		var err error
		if line, err = p.in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	p.metaint, p.untilBlock = 16000, 16000
	if _, _, err := p.inOrder(95); err != nil {
		t.Fatal(err)
	}
	e.frames(t, 400)
	if _, _, err := p.inOrder(495); err != nil {
		t.Error(err)
	}
	p.Close()
	eventually(t, "the listener to be gone", func() bool { return r.source(t, "/live").Listeners == 0 })

	client := http.Client{Transport: &http.Transport{TLSClientConfig: insecure, DisableKeepAlives: true}}
	answer, err := client.Get("https://" + secure + "/live.m3u")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, _ := io.ReadAll(answer.Body); !strings.HasPrefix(string(body), "https://"+secure+"/live\r\n") {
		t.Errorf("playlist %q", body)
	}
}
