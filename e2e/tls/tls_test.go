package tls

import (
	"bufio"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// certificateOf returns the name in the certificate that a server shows.
func certificateOf(t testing.TB, addr string) string {
	t.Helper()
	conn, err := tls.Dial("tcp", addr, harness.AnyCertificate)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
}

// Sources, listeners and pages work over TLS as without it.
func TestTLS(t *testing.T) {
	t.Parallel()
	only := harness.FreePort(t)
	r := harness.Start(t, harness.Config+"[limits]\nflush_interval = '50ms'\n"+harness.SelfSigned(t, "radio").TOML(fmt.Sprintf("listen = [%q]", only)))
	for name, secure := range map[string]string{"an address for TLS alone": only, "one for both": r.Addr} {
		t.Run(name, func(t *testing.T) { isServedByTLS(t, r, secure) })
	}
}

func isServedByTLS(t *testing.T, r *harness.Relay, secure string) {
	insecure := harness.AnyCertificate
	dial := func() net.Conn {
		conn, err := tls.Dial("tcp", secure, insecure)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(harness.Patience))
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	e := &harness.Encoder{Conn: dial()}
	fmt.Fprintf(e, "PUT /live HTTP/1.1\r\nContent-Type: audio/mpeg\r\nAuthorization: %s\r\n\r\n", harness.Basic("source", "hackme"))
	if line, err := bufio.NewReader(e.Conn).ReadString('\n'); err != nil || line != "HTTP/1.0 200 OK\r\n" {
		t.Fatalf("source got %q, %v", line, err)
	}
	t.Cleanup(func() {
		e.Close()
		harness.Eventually(t, "the source to be gone", func() bool { return len(r.Sources(t)) == 0 })
	})
	e.Frames(t, 100)
	harness.Eventually(t, "frames", func() bool { return r.Source(t, "/live").BitRate == 128 })

	p := &harness.Player{Conn: dial(), Header: map[string]string{}}
	p.In = bufio.NewReader(p.Conn)
	io.WriteString(p, "GET /live HTTP/1.1\r\nHost: a\r\nIcy-MetaData: 1\r\n\r\n")
	for line := ""; line != "\r\n"; {
		var err error
		if line, err = p.In.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	p.Metaint, p.UntilBlock = 16000, 16000
	if _, _, err := p.InOrder(95); err != nil {
		t.Fatal(err)
	}
	e.Frames(t, 400)
	if _, _, err := p.InOrder(495); err != nil {
		t.Error(err)
	}
	p.Close()
	harness.Eventually(t, "the listener to be gone", func() bool { return r.Source(t, "/live").Listeners == 0 })

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

// patientOfSources lets a source send nothing while the test waits for certificates.
const patientOfSources = "[limits]\nsource_timeout = '5m'\n"

// Listeners stay through a new certificate, and a certificate and key that do not
// match change nothing.
func TestCertificateIsReplaced(t *testing.T) {
	t.Parallel()
	cert := harness.SelfSigned(t, "first")
	r := harness.Start(t, harness.Config+patientOfSources+cert.TOML())
	e := r.Encode(t, "/live")
	e.Frames(t, 100)
	conn, err := tls.Dial("tcp", r.Addr, harness.AnyCertificate)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(3 * harness.Patience))
	io.WriteString(conn, "GET /live HTTP/1.0\r\n\r\n")
	if name := certificateOf(t, r.Addr); name != "first" {
		t.Fatalf("the certificate of %q is shown", name)
	}
	other := harness.SelfSigned(t, "other")
	if err := os.Rename(other.KeyFile, cert.KeyFile); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "the complaint", func() bool { return strings.Contains(r.Log.String(), "the new certificate cannot be used") })
	if name := certificateOf(t, r.Addr); name != "first" {
		t.Errorf("with another certificate's key, the certificate of %q is shown", name)
	}
	cert.Renew(t, "second")
	harness.Eventually(t, "the new certificate", func() bool { return certificateOf(t, r.Addr) == "second" })
	e.Frames(t, 100)
	p := &harness.Player{Conn: conn, Header: map[string]string{}}
	p.In = bufio.NewReader(conn)
	for line := ""; line != "\r\n"; {
		if line, err = p.In.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := p.InOrder(195); err != nil {
		t.Errorf("the listener of the first certificate: %v", err)
	}
}

// Old radios need features that are off by default: TLS 1.0, and RSA key exchange.
func TestOldClients(t *testing.T) {
	t.Parallel()
	cert := harness.SelfSigned(t, "radio")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cert.Write(t, "radio", key)
	for toml, want := range map[string]bool{"": false, "old_clients = true": true} {
		r := harness.Start(t, harness.Config+cert.TOML(toml))
		for name, old := range map[string]*tls.Config{
			"TLS 1.1":              {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
			"RSA key exchange":     {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}},
			"both, and triple DES": {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}},
		} {
			old.InsecureSkipVerify = true
			conn, err := tls.Dial("tcp", r.Addr, old)
			if (err == nil) != want {
				t.Errorf("%q: %s is answered with %v", toml, name, err)
			}
			if err == nil {
				conn.Close()
			}
		}
		conn, err := tls.Dial("tcp", r.Addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
		if err != nil {
			t.Fatal(err)
		}
		if state := conn.ConnectionState(); state.Version != tls.VersionTLS13 || state.NegotiatedProtocol != "http/1.1" {
			t.Errorf("%q: version %x, protocol %q", toml, state.Version, state.NegotiatedProtocol)
		}
		conn.Close()
	}
}

// Browsers are redirected to https; all other plain requests are answered in plain.
func TestPagesByTLS(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+harness.SelfSigned(t, "radio").TOML("redirect_pages = true"))
	r.Encode(t, "/live").Frames(t, 50)
	client := http.Client{
		Transport:     &http.Transport{TLSClientConfig: harness.AnyCertificate, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for path, redirected := range map[string]bool{
		"/": true, "/status.xsl": true, "/player/live?theme=dark": true, "/dj/live": true, "/admin/": true,
		"/live": false, "/live.m3u": false, "/status-json.xsl": false, "/metrics": false, "/healthz": false, "/admin/stats": false, "/api/v1/status": false,
	} {
		for scheme, stays := range map[string]bool{"http": !redirected, "https": true} {
			answer, err := client.Get(scheme + "://" + r.Addr + path)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if !stays && (answer.StatusCode != http.StatusPermanentRedirect || answer.Header.Get("Location") != "https://"+r.Addr+path) {
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

// Invalid handshakes, and those that never end, do not affect other clients.
func TestBrokenHandshakes(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[limits]\nheader_timeout = '1s'\n"+harness.SelfSigned(t, "radio").TOML())
	plain := harness.Start(t, harness.Config)
	for name, bytes := range map[string]string{
		"one byte": "\x16", "half a record": "\x16\x03\x01\x02\x00\x01", "noise": "\x16" + strings.Repeat("\xff", 5000),
		"a request": "\x16GET / HTTP/1.0\r\n\r\n", "an empty record": "\x16\x03\x01\x00\x00",
	} {
		for _, server := range []*harness.Relay{r, plain} {
			conn := server.Dial(t)
			io.WriteString(conn, bytes)
			if answer, err := io.ReadAll(conn); harness.IsTimeout(err) {
				t.Errorf("%s: the connection stays, after %q", name, answer)
			}
		}
	}
	if _, err := tls.Dial("tcp", plain.Addr, harness.AnyCertificate); err == nil {
		t.Error("a server without a certificate speaks TLS")
	}
	if name := certificateOf(t, r.Addr); name != "radio" {
		t.Errorf("the certificate of %q is shown", name)
	}
}
