package e2e

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
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

// A certificate is one of our own for 127.0.0.1, with its key, in files.
type certificate struct{ certFile, keyFile string }

// selfSigned makes one; name tells it from others.
func selfSigned(t testing.TB, name string) (c certificate) {
	t.Helper()
	dir := t.TempDir()
	c = certificate{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	c.renew(t, name)
	return c
}

// renew puts another in its place, as programs that fetch certificates do.
func (c certificate) renew(t testing.TB, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, name, key)
}

// write puts one in its place, with a key.
func (c certificate) write(t testing.TB, name string, key crypto.Signer) {
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
	for file, block := range map[string]*pem.Block{c.keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}, c.certFile: {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(file+".new", pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
}

// toml is the table that shows it.
func (c certificate) toml(more ...string) string {
	return fmt.Sprintf("[tls]\ncert_file = %q\nkey_file = %q\n%s\n", c.certFile, c.keyFile, strings.Join(more, "\n"))
}

// anyCertificate takes all certificates; tests look at them where they matter.
var anyCertificate = &tls.Config{InsecureSkipVerify: true}

// certificateOf returns the name in the certificate that a server shows.
func certificateOf(t testing.TB, addr string) string {
	t.Helper()
	conn, err := tls.Dial("tcp", addr, anyCertificate)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
}

// Sources, listeners and pages over TLS are the same as without.
func TestTLS(t *testing.T) {
	only := freePort(t)
	r := start(t, config+"[limits]\nflush_interval = '50ms'\n"+selfSigned(t, "radio").toml(fmt.Sprintf("listen = [%q]", only)))
	for name, secure := range map[string]string{"an address for TLS alone": only, "one for both": r.addr} {
		t.Run(name, func(t *testing.T) { isServedByTLS(t, r, secure) })
	}
}

func isServedByTLS(t *testing.T, r *relay, secure string) {
	insecure := anyCertificate
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
	t.Cleanup(func() {
		e.Close()
		eventually(t, "the source to be gone", func() bool { return len(r.sources(t)) == 0 })
	})
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

// Listeners go on through a new certificate, and a pair that does not belong
// together changes nothing.
func TestCertificateIsReplaced(t *testing.T) {
	cert := selfSigned(t, "first")
	r := start(t, config+cert.toml())
	e := r.encode(t, "/live")
	e.frames(t, 100)
	conn, err := tls.Dial("tcp", r.addr, anyCertificate)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(3 * patience))
	io.WriteString(conn, "GET /live HTTP/1.0\r\n\r\n")
	if name := certificateOf(t, r.addr); name != "first" {
		t.Fatalf("the certificate of %q is shown", name)
	}
	other := selfSigned(t, "other")
	if err := os.Rename(other.keyFile, cert.keyFile); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the complaint", func() bool { return strings.Contains(r.log.String(), "the new certificate is not used") })
	if name := certificateOf(t, r.addr); name != "first" {
		t.Errorf("with a key of another, the certificate of %q is shown", name)
	}
	cert.renew(t, "second")
	eventually(t, "the new certificate", func() bool { return certificateOf(t, r.addr) == "second" })
	e.frames(t, 100)
	p := &player{Conn: conn, header: map[string]string{}}
	p.in = bufio.NewReader(conn)
	for line := ""; line != "\r\n"; {
		if line, err = p.in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := p.inOrder(195); err != nil {
		t.Errorf("the listener of the first certificate: %v", err)
	}
}

// Old radios know only what is off by default: the first TLS, and RSA key exchange.
func TestOldClients(t *testing.T) {
	cert := selfSigned(t, "radio")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cert.write(t, "radio", key)
	for toml, want := range map[string]bool{"": false, "old_clients = true": true} {
		r := start(t, config+cert.toml(toml))
		for name, old := range map[string]*tls.Config{
			"TLS 1.1":              {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
			"RSA key exchange":     {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}},
			"both, and triple DES": {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}},
		} {
			old.InsecureSkipVerify = true
			conn, err := tls.Dial("tcp", r.addr, old)
			if (err == nil) != want {
				t.Errorf("%q: %s is answered with %v", toml, name, err)
			}
			if err == nil {
				conn.Close()
			}
		}
		conn, err := tls.Dial("tcp", r.addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
		if err != nil {
			t.Fatal(err)
		}
		if state := conn.ConnectionState(); state.Version != tls.VersionTLS13 || state.NegotiatedProtocol != "http/1.1" {
			t.Errorf("%q: version %x, protocol %q", toml, state.Version, state.NegotiatedProtocol)
		}
		conn.Close()
	}
}

// Browsers are sent to https; whatever else comes in plain is served in plain.
func TestPagesByTLS(t *testing.T) {
	r := start(t, config+selfSigned(t, "radio").toml("redirect_pages = true"))
	r.encode(t, "/live").frames(t, 50)
	client := http.Client{
		Transport:     &http.Transport{TLSClientConfig: anyCertificate, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for path, redirected := range map[string]bool{
		"/": true, "/status.xsl": true, "/player/live?theme=dark": true, "/dj/live": true, "/admin/": true,
		"/live": false, "/live.m3u": false, "/status-json.xsl": false, "/metrics": false, "/healthz": false, "/admin/stats": false, "/api/v1/status": false,
	} {
		for scheme, stays := range map[string]bool{"http": !redirected, "https": true} {
			answer, err := client.Get(scheme + "://" + r.addr + path)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if !stays && (answer.StatusCode != http.StatusPermanentRedirect || answer.Header.Get("Location") != "https://"+r.addr+path) {
				t.Errorf("%s by %s: %s to %q", path, scheme, answer.Status, answer.Header.Get("Location"))
			}
			if stays && answer.StatusCode/100 == 3 {
				t.Errorf("%s by %s: %s", path, scheme, answer.Status)
			}
			if strict := answer.Header.Get("Strict-Transport-Security") != ""; strict != (redirected && scheme == "https") {
				t.Errorf("%s by %s: Strict-Transport-Security %v", path, scheme, strict)
			}
		}
	}
}

// Hellos that are none, or never end, cost nobody else anything.
func TestBrokenHandshakes(t *testing.T) {
	r := start(t, config+"[limits]\nheader_timeout = '1s'\n"+selfSigned(t, "radio").toml())
	plain := start(t, config)
	for name, bytes := range map[string]string{
		"one byte": "\x16", "half a record": "\x16\x03\x01\x02\x00\x01", "noise": "\x16" + strings.Repeat("\xff", 5000),
		"a request": "\x16GET / HTTP/1.0\r\n\r\n", "an empty record": "\x16\x03\x01\x00\x00",
	} {
		for _, server := range []*relay{r, plain} {
			conn := server.dial(t)
			io.WriteString(conn, bytes)
			if answer, err := io.ReadAll(conn); isTimeout(err) {
				t.Errorf("%s: the connection stays, after %q", name, answer)
			}
		}
	}
	if _, err := tls.Dial("tcp", plain.addr, anyCertificate); err == nil {
		t.Error("a server without a certificate speaks TLS")
	}
	if name := certificateOf(t, r.addr); name != "radio" {
		t.Errorf("the certificate of %q is shown", name)
	}
}
