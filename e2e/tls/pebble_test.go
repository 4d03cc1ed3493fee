package tls

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"relay/e2e/harness"
)

// acmeHost is the host name of the certificates.
const acmeHost = "radio.example"

// toolsFolder is the folder of the module that pins pebble.
const toolsFolder = "../../.ci/tools"

// fetchPebble downloads pebble's modules from the module proxy.
var fetchPebble = sync.OnceValue(func() error {
	cmd := exec.Command("go", "list", "-deps", "github.com/letsencrypt/pebble/v2/cmd/pebble")
	cmd.Dir = toolsFolder
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, harness.Tail(string(out), 10))
	}
	return nil
})

// buildPebble builds pebble and returns its path. If it cannot be downloaded, the
// test is skipped or fails; see harness.Missing.
func buildPebble(t testing.TB) (program string) {
	t.Helper()
	if err := fetchPebble(); err != nil {
		harness.Missing(t, "pebble cannot be fetched: %v", err)
	}
	cmd := exec.Command("go", "tool", "-n", "pebble")
	cmd.Dir = toolsFolder
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("build pebble: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// issuance has the addresses that the ACME server connects to, and the validity of
// its certificates in seconds; 0: long.
type issuance struct {
	byTLS, inPlain string
	seconds        int
}

// authority is a running ACME server.
type authority struct {
	directory, cache string
	own              harness.Certificate
	trusted          *tls.Config
}

// pebble starts an ACME server, which ends with the test.
func pebble(t *testing.T, issue issuance) *authority {
	t.Helper()
	program, listen, management, own := buildPebble(t), harness.FreePort(t), harness.FreePort(t), harness.SelfSigned(t, "ACME server")
	port := func(addr string) string {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			t.Fatal(err)
		}
		return port
	}
	file := filepath.Join(t.TempDir(), "pebble.json")
	text := fmt.Sprintf(`{"pebble": {"listenAddress": %q, "managementListenAddress": %q, "certificate": %q, "privateKey": %q, "httpPort": %s, "tlsPort": %s,
		"keyAlgorithm": "ecdsa", "retryAfter": {"authz": 1, "order": 1}, "profiles": {"default": {"validityPeriod": %d}}}}`,
		listen, management, own.CertFile, own.KeyFile, port(issue.inPlain), port(issue.byTLS), issue.seconds)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-config", file, "-dnsserver", nameServer(t))
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	harness.KeepRunning(t, cmd)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: harness.AnyCertificate}, Timeout: time.Second}
	roots := x509.NewCertPool()
	harness.Eventually(t, "the ACME server", func() bool {
		answer, err := client.Get("https://" + management + "/roots/0")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		root, _ := io.ReadAll(answer.Body)
		return roots.AppendCertsFromPEM(root)
	})
	return &authority{"https://" + listen + "/dir", filepath.Join(t.TempDir(), "acme"), own, &tls.Config{ServerName: acmeHost, RootCAs: roots}}
}

// start runs a relay at an address that trusts the authority and obtains its
// certificates from it.
func (a *authority) start(t testing.TB, address string) *harness.Relay {
	t.Helper()
	return harness.Start(t, fmt.Sprintf("%s%s[tls]\nacme_hosts = [%q]\nacme_dir = %q\nacme_cache = %q\n",
		strings.Replace(harness.Config, "127.0.0.1:0", address, 1), patientOfSources, acmeHost, a.directory, a.cache), trusting(a.own))
}

// trusting returns the environment variable that makes relay trust a certificate.
func trusting(c harness.Certificate) string { return "SSL_CERT_FILE=" + c.CertFile }

// dial connects until relay shows a certificate of the authority.
func (a *authority) dial(t testing.TB, r *harness.Relay) (secure *tls.Conn) {
	t.Helper()
	harness.Eventually(t, "a certificate", func() bool {
		conn, err := tls.Dial("tcp", r.Addr, a.trusted)
		if err != nil {
			return false
		}
		t.Cleanup(func() { conn.Close() })
		secure = conn
		return true
	})
	return secure
}
