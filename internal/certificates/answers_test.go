package certificates

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/crypto/acme"

	"relay/conf"
)

// The answer to a challenge is published for our hosts only, and until the challenge
// has ended.
func TestAnswers(t *testing.T) {
	s := open(t, conf.TLS{ACMEHosts: []string{host}, ACMECache: t.TempDir()})
	served := s.Challenges(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "next") }))
	get := func(host, path string) (int, string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = host
		w := httptest.NewRecorder()
		served.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	const path = "/.well-known/acme-challenge/x"
	remove := s.issuer.answers.putPath(path, "x.y")
	if code, text := get(host+":80", path); code != http.StatusOK || text != "x.y" {
		t.Errorf("%d %q", code, text)
	}
	if code, _ := get("other.example.org", path); code != http.StatusForbidden {
		t.Errorf("for another host: %d", code)
	}
	if code, _ := get(host, path+"y"); code != http.StatusNotFound {
		t.Errorf("what was not asked for: %d", code)
	}
	if _, text := get("other.example.org", "/"); text != "next" {
		t.Errorf("something else: %q", text)
	}
	remove()
	if code, _ := get(host, path); code != http.StatusNotFound {
		t.Errorf("after it has looked: %d", code)
	}

	hello := &tls.ClientHelloInfo{ServerName: host, SupportedProtos: []string{acme.ALPNProto}}
	pair := &tls.Certificate{}
	remove = s.issuer.answers.putHello(host, pair)
	if got, err := s.TLS().GetCertificate(hello); got != pair {
		t.Errorf("the hello is answered by %v, %v", got, err)
	}
	remove()
	if _, err := s.TLS().GetCertificate(hello); err == nil {
		t.Error("the hello is answered after it has looked")
	}
}
