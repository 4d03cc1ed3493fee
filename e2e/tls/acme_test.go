package tls

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

	"relay/e2e/harness"
)

// A certificate is obtained while listeners stay, and is used again after a restart
// without a new one.
func TestACME(t *testing.T) {
	t.Parallel()
	address := harness.FreePort(t)
	ca := pebble(t, issuance{byTLS: address, inPlain: harness.FreePort(t)})
	r := ca.start(t, address)
	e := r.Encode(t, "/live")
	e.Frames(t, 100)
	listener := r.Tune(t, "/live")
	if _, _, err := listener.InOrder(95); err != nil {
		t.Fatal(err)
	}
	secure := ca.dial(t, r)
	issued := secure.ConnectionState().PeerCertificates[0].SerialNumber
	secure.SetDeadline(time.Now().Add(harness.Patience))
	io.WriteString(secure, "GET /live HTTP/1.0\r\n\r\n")
	if line, err := bufio.NewReader(secure).ReadString('\n'); err != nil || !strings.Contains(line, "200 OK") {
		t.Errorf("the listener by TLS got %q, %v", line, err)
	}
	e.Frames(t, 100)
	if _, _, err := listener.InOrder(195); err != nil {
		t.Errorf("the listener in plain: %v", err)
	}
	if info, err := os.Stat(ca.cache); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the keys: %v, %v", info, err)
	}

	r.Stop(t)
	again, err := tls.Dial("tcp", ca.start(t, address).Addr, ca.trusted)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.ConnectionState().PeerCertificates[0].SerialNumber.Cmp(issued) != 0 {
		t.Error("after a restart there is another certificate")
	}
}

// While the ACME server does not answer, a handshake fails at once and leaks nothing,
// and a stop does not wait for it.
func TestACMEServerIsDown(t *testing.T) {
	t.Parallel()
	own := harness.SelfSigned(t, "ACME server")
	pair, err := tls.LoadX509KeyPair(own.CertFile, own.KeyFile)
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
	r := harness.Start(t, fmt.Sprintf("%s[tls]\nacme_hosts = [%q]\nacme_dir = %q\nacme_cache = %q\n", harness.Config, acmeHost, directory.URL, t.TempDir()), trusting(own))
	<-asked
	for range 50 {
		conn := r.Dial(t)
		secure := tls.Client(conn, &tls.Config{ServerName: acmeHost})
		if err := secure.Handshake(); err == nil || harness.IsTimeout(err) {
			t.Fatalf("the handshake: %v", err)
		}
	}
	harness.Eventually(t, "the connections to be gone", func() bool {
		_, _, text := r.Get(t, "/metrics")
		open, found := harness.Metric(text, "relay_connections")
		return found && open == 1 // the connection of this very request
	})
	if err := r.Stop(t); err != nil {
		t.Error(err)
	}
}

// If TLS connections do not reach relay, the challenge is answered over plain HTTP
// (RFC 8555, section 8.3).
func TestACMEInPlain(t *testing.T) {
	t.Parallel()
	address := harness.FreePort(t)
	ca := pebble(t, issuance{byTLS: harness.FreePort(t), inPlain: address})
	ca.dial(t, ca.start(t, address))
}

// A certificate is renewed before it expires, and listeners stay.
func TestACMERenewal(t *testing.T) {
	t.Parallel()
	address := harness.FreePort(t)
	ca := pebble(t, issuance{byTLS: address, inPlain: harness.FreePort(t), seconds: 10})
	r := ca.start(t, address)
	e := r.Encode(t, "/live")
	e.Frames(t, 100)
	listener := r.Tune(t, "/live")
	first := ca.dial(t, r).ConnectionState().PeerCertificates[0]
	harness.Eventually(t, "another certificate", func() bool {
		conn, err := tls.Dial("tcp", r.Addr, &tls.Config{ServerName: acmeHost, InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		shown := conn.ConnectionState().PeerCertificates[0]
		return shown.SerialNumber.Cmp(first.SerialNumber) != 0 && shown.NotAfter.After(first.NotAfter)
	})
	e.Frames(t, 100)
	if _, _, err := listener.InOrder(195); err != nil {
		t.Errorf("the listener: %v", err)
	}
}

// Challenges over plain HTTP are answered after one was requested, for the configured
// hosts alone; mounts are not affected.
func TestACMEChallengeInPlain(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[tls]\nacme_hosts = ['"+acmeHost+"']\nacme_dir = 'https://127.0.0.1:9/dir'\nacme_cache = '"+t.TempDir()+"'\n")
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
		req, err := http.NewRequest(http.MethodGet, r.URL(tt.path), nil)
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
	if _, _, body := r.Get(t, "/api/v1/mounts"); json.Unmarshal([]byte(body), &problem) != nil || problem.Status != http.StatusUnauthorized {
		t.Errorf("the API answers %s", body)
	}
	harness.Eventually(t, "what failed in the log", func() bool { return strings.Contains(r.Log.String(), "no certificate obtained by ACME") })
}
