package e2e

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// A certificate is fetched while listeners stay on, and is there again after a
// restart without another.
func TestACME(t *testing.T) {
	address := freePort(t)
	ca := pebble(t, issuance{byTLS: address, inPlain: freePort(t)})
	toml := ca.toml(address)
	r := start(t, toml)
	e := r.encode(t, "/live")
	e.frames(t, 100)
	listener := r.tune(t, "/live")
	if _, _, err := listener.inOrder(95); err != nil {
		t.Fatal(err)
	}
	secure := ca.dial(t, r)
	issued := secure.ConnectionState().PeerCertificates[0].SerialNumber
	secure.SetDeadline(time.Now().Add(patience))
	io.WriteString(secure, "GET /live HTTP/1.0\r\n\r\n")
	if line, err := bufio.NewReader(secure).ReadString('\n'); err != nil || !strings.Contains(line, "200 OK") {
		t.Errorf("the listener by TLS got %q, %v", line, err)
	}
	e.frames(t, 100)
	if _, _, err := listener.inOrder(195); err != nil {
		t.Errorf("the listener in plain: %v", err)
	}
	if info, err := os.Stat(ca.cache); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the keys: %v, %v", info, err)
	}

	r.stop(t)
	again, err := tls.Dial("tcp", start(t, toml).addr, ca.trusted)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.ConnectionState().PeerCertificates[0].SerialNumber.Cmp(issued) != 0 {
		t.Error("after a restart there is another certificate")
	}
}

// While an ACME server gives nothing, a handshake fails at once and leaves nothing
// behind, and the end does not wait for it.
func TestACMEServerIsDown(t *testing.T) {
	own := selfSigned(t, "ACME server")
	t.Setenv("SSL_CERT_FILE", own.certFile) // whom relay trusts
	pair, err := tls.LoadX509KeyPair(own.certFile, own.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 1000)
	directory := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		asked <- struct{}{}
	}))
	directory.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	directory.StartTLS()
	defer directory.Close()
	r := start(t, fmt.Sprintf("%s[tls]\nacme_hosts = [%q]\nacme_dir = %q\nacme_cache = %q\n", config, acmeHost, directory.URL, t.TempDir()))
	<-asked
	for range 50 {
		conn := r.dial(t)
		secure := tls.Client(conn, &tls.Config{ServerName: acmeHost})
		if err := secure.Handshake(); err == nil || isTimeout(err) {
			t.Fatalf("the handshake: %v", err)
		}
	}
	eventually(t, "the connections to be gone", func() bool {
		_, _, text := r.get(t, "/metrics")
		open, found := value(text, "relay_connections")
		return found && open == 1 // that of this question
	})
	if err := r.stop(t); err != nil {
		t.Error(err)
	}
}

// Where TLS does not get through, the ACME server is answered in plain (RFC 8555,
// section 8.3).
func TestACMEInPlain(t *testing.T) {
	address := freePort(t)
	ca := pebble(t, issuance{byTLS: freePort(t), inPlain: address})
	ca.dial(t, start(t, ca.toml(address)))
}

// A certificate is renewed while it is valid, and listeners stay on.
func TestACMERenewal(t *testing.T) {
	address := freePort(t)
	ca := pebble(t, issuance{byTLS: address, inPlain: freePort(t), seconds: 10})
	r := start(t, ca.toml(address))
	e := r.encode(t, "/live")
	e.frames(t, 100)
	listener := r.tune(t, "/live")
	first := ca.dial(t, r).ConnectionState().PeerCertificates[0]
	eventually(t, "another certificate", func() bool {
		conn, err := tls.Dial("tcp", r.addr, &tls.Config{ServerName: acmeHost, InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		shown := conn.ConnectionState().PeerCertificates[0]
		return shown.SerialNumber.Cmp(first.SerialNumber) != 0 && shown.NotAfter.After(first.NotAfter)
	})
	e.frames(t, 100)
	if _, _, err := listener.inOrder(195); err != nil {
		t.Errorf("the listener: %v", err)
	}
}

// What ACME servers look for in plain is there while one was asked, and for our
// hosts alone; mounts are as they were.
func TestACMEChallengeInPlain(t *testing.T) {
	r := start(t, config+"[tls]\nacme_hosts = ['"+acmeHost+"']\nacme_dir = 'https://127.0.0.1:9/dir'\nacme_cache = '"+t.TempDir()+"'\n")
	for _, tt := range []struct {
		host, path string
		want       int
	}{
		{acmeHost, "/.well-known/acme-challenge/x", http.StatusNotFound},
		{"other.example", "/.well-known/acme-challenge/x", http.StatusForbidden},
		{"other.example", "/.well-known/x", http.StatusNotFound},
		{acmeHost, "/healthz", http.StatusOK},
		{acmeHost, "/", http.StatusOK},
	} {
		req, err := http.NewRequest(http.MethodGet, r.url(tt.path), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = tt.host
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != tt.want {
			t.Errorf("%s of %s: %s", tt.path, tt.host, answer.Status)
		}
	}
	var problem struct{ Status int }
	if _, _, body := r.get(t, "/api/v1/mounts"); json.Unmarshal([]byte(body), &problem) != nil || problem.Status != http.StatusUnauthorized {
		t.Errorf("the API answers %s", body)
	}
	eventually(t, "what failed in the log", func() bool { return strings.Contains(r.log.String(), "no certificate by ACME") })
}
