package certificates

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// answers has the answers to pending challenges, by which an ACME server checks that
// relay controls a host. Safe for concurrent use.
type answers struct {
	mu     sync.Mutex                  // guards the maps
	hellos map[string]*tls.Certificate // by host: tls-alpn-01 (RFC 8737)
	paths  map[string]string           // by path: http-01 (RFC 8555, section 8.3)
}

func newAnswers() *answers {
	return &answers{hellos: map[string]*tls.Certificate{}, paths: map[string]string{}}
}

// putHello shows pair in acme-tls/1 handshakes for host until remove is called.
func (a *answers) putHello(host string, pair *tls.Certificate) (remove func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hellos[host] = pair
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.hellos, host)
	}
}

// putPath serves text at a path until remove is called.
func (a *answers) putPath(path, text string) (remove func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.paths[path] = text
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.paths, path)
	}
}

// toHello returns the certificate for an acme-tls/1 handshake. The error says that
// no challenge for host is pending.
func (a *answers) toHello(host string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if pair := a.hellos[host]; pair != nil {
		return pair, nil
	}
	return nil, fmt.Errorf("nobody has asked an ACME server about %q", host)
}

// handler answers requests for challenges: 403 for a host that is not ours, and 404
// for a path at which no answer is published. All other requests go to next.
func (a *answers) handler(isOurs func(host string) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/.well-known/acme-challenge/") {
			next.ServeHTTP(w, r)
			return
		}
		if !isOurs(r.Host) {
			http.Error(w, "certificates are for other hosts", http.StatusForbidden)
			return
		}
		a.mu.Lock()
		text, found := a.paths[r.URL.Path]
		a.mu.Unlock()
		if !found {
			http.NotFound(w, r)
			return
		}
		io.WriteString(w, text)
	})
}
