package e2e

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	bigendian "encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// acmeHost is the host that certificates are for.
const acmeHost = "radio.example"

// nameServer answers by TCP, as the ACME server asks, that every name is
// 127.0.0.1.
func nameServer(t testing.TB) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.SetDeadline(time.Now().Add(patience))
			answerName(conn)
			conn.Close()
		}
	}()
	return l.Addr().String()
}

// answerName answers one question. Over TCP a message has its length in front
// (RFC 1035, section 4.2.2).
func answerName(conn net.Conn) {
	length := make([]byte, 2)
	if _, err := io.ReadFull(conn, length); err != nil {
		return
	}
	packet := make([]byte, bigendian.BigEndian.Uint16(length))
	var m dnsmessage.Message
	if _, err := io.ReadFull(conn, packet); err != nil || m.Unpack(packet) != nil || len(m.Questions) == 0 {
		return
	}
	m.Response, m.Additionals = true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
	}
	if answer, err := m.Pack(); err == nil {
		conn.Write(append(bigendian.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	}
}

// pebble starts an ACME server that looks for its clients at an address, and
// returns its root certificate.
func pebble(t testing.TB, program, listen string, cert certificate, looksAt string) *x509.CertPool {
	t.Helper()
	_, port, err := net.SplitHostPort(looksAt)
	if err != nil {
		t.Fatal(err)
	}
	management := freePort(t)
	file := filepath.Join(t.TempDir(), "pebble.json")
	text := fmt.Sprintf(`{"pebble": {"listenAddress": %q, "managementListenAddress": %q, "certificate": %q, "privateKey": %q, "httpPort": %s, "tlsPort": %[5]s}}`,
		listen, management, cert.certFile, cert.keyFile, port)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-config", file, "-dnsserver", nameServer(t))
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	keepRunning(t, cmd)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: anyCertificate}, Timeout: time.Second}
	roots := x509.NewCertPool()
	eventually(t, "the ACME server", func() bool {
		answer, err := client.Get("https://" + management + "/roots/0")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		root, _ := io.ReadAll(answer.Body)
		return roots.AppendCertsFromPEM(root)
	})
	return roots
}

// A certificate is fetched while listeners stay on, and is there again after a
// restart without another.
func TestACME(t *testing.T) {
	program := program(t, "pebble")
	address, directory, own := freePort(t), freePort(t), selfSigned(t, "ACME server")
	t.Setenv("SSL_CERT_FILE", own.certFile) // whom relay trusts
	cache := filepath.Join(t.TempDir(), "acme")
	toml := fmt.Sprintf("%s[tls]\nacme_hosts = [%q]\nacme_dir = 'https://%s/dir'\nacme_cache = %q\n", strings.Replace(config, "127.0.0.1:0", address, 1), acmeHost, directory, cache)
	roots := pebble(t, program, directory, own, address)
	r := start(t, toml)
	e := r.encode(t, "/live")
	e.frames(t, 100)
	listener := r.tune(t, "/live")
	if _, _, err := listener.inOrder(95); err != nil {
		t.Fatal(err)
	}
	dial := func(r *relay) (conn *tls.Conn, err error) {
		return tls.Dial("tcp", r.addr, &tls.Config{ServerName: acmeHost, RootCAs: roots})
	}
	var secure *tls.Conn
	eventually(t, "a certificate", func() (ok bool) {
		conn, err := dial(r)
		if err == nil {
			secure = conn
		}
		return err == nil
	})
	defer secure.Close()
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
	if info, err := os.Stat(cache); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the keys: %v, %v", info, err)
	}

	r.stop(t)
	again, err := dial(start(t, toml))
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

// An ACME server may look for its answer in plain (RFC 8555, section 8.3); one
// that was never asked for is not there, and mounts are as they were.
func TestACMEChallengeInPlain(t *testing.T) {
	r := start(t, config+"[tls]\nacme_hosts = ['"+acmeHost+"']\nacme_dir = 'https://127.0.0.1:9/dir'\nacme_cache = '"+t.TempDir()+"'\n")
	for path, want := range map[string]int{"/.well-known/acme-challenge/x": http.StatusNotFound, "/healthz": http.StatusOK, "/": http.StatusOK} {
		req, err := http.NewRequest(http.MethodGet, r.url(path), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = acmeHost
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: %s", path, answer.Status)
		}
	}
	var problem struct{ Status int }
	if _, _, body := r.get(t, "/api/v1/mounts"); json.Unmarshal([]byte(body), &problem) != nil || problem.Status != http.StatusUnauthorized {
		t.Errorf("the API answers %s", body)
	}
	eventually(t, "what failed in the log", func() bool { return strings.Contains(r.log.String(), "no certificate by ACME") })
}
