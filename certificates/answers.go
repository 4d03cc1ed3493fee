package certificates

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// answers is what the ACME server shall find here while it looks whether a host
// is ours. Safe for concurrent use.
type answers struct {
	mu     sync.Mutex
	hellos map[string]*tls.Certificate // by host: tls-alpn-01 (RFC 8737)
	paths  map[string]string           // by path: http-01 (RFC 8555, section 8.3)
}

func newAnswers() *answers {
	return &answers{hellos: map[string]*tls.Certificate{}, paths: map[string]string{}}
}

// putHello has the ACME server shown a certificate until remove is called.
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

// putPath has text served at a path until remove is called.
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

// toHello answers a handshake for acme-tls/1.
func (a *answers) toHello(host string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if pair := a.hellos[host]; pair != nil {
		return pair, nil
	}
	return nil, fmt.Errorf("nobody has asked an ACME server about %q", host)
}

// handler answers requests for what ACME servers look for; all others are for
// next.
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
