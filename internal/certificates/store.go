// Package certificates has the certificate that TLS clients are shown: from files,
// which are read again when they change, or fetched and renewed by ACME.
//
//	in:   [tls] of the configuration, the files it names or the ACME server
//	out:  a tls.Config that always has the newest good certificate
//
// Store.Run watches the files, and it alone sends requests to the ACME server; its
// caller waits for it. A handshake is shown the certificate at hand and never waits.
package certificates

import (
	"context"
	"crypto/tls"
	"net/http"

	"go.uber.org/zap"
	"golang.org/x/crypto/acme"

	"relay/conf"
)

// Store has the certificates of a server. A nil Store has none, and all its methods
// may be called. Safe for concurrent use.
type Store struct {
	conf   conf.TLS
	log    *zap.Logger
	files  *files  // nil: there is an issuer
	issuer *issuer // nil: there are files
}

// Open returns the certificates that a configuration asks for, or nil if it asks for
// none. The error says which files cannot be used, and why.
func Open(c conf.TLS, log *zap.Logger) (*Store, error) {
	s := &Store{conf: c, log: log}
	switch {
	case len(c.ACMEHosts) > 0:
		s.issuer = newIssuer(c, log)
	case c.CertFile == "":
		return nil, nil
	default:
		s.files = &files{cert: c.CertFile, key: c.KeyFile, log: log}
		if err := s.files.open(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// TLS returns the configuration for handshakes, or nil without certificates. It offers
// HTTP/1.1 only, since a stream gains nothing by HTTP/2, and Go's default versions and
// ciphers unless tls.old_clients is set.
func (s *Store) TLS() *tls.Config {
	if s == nil {
		return nil
	}
	c := &tls.Config{GetCertificate: s.get, NextProtos: []string{"http/1.1"}}
	if s.issuer != nil {
		c.NextProtos = append(c.NextProtos, acme.ALPNProto)
	}
	if s.conf.OldClients {
		c.MinVersion = tls.VersionTLS10
		for _, suite := range tls.CipherSuites() {
			c.CipherSuites = append(c.CipherSuites, suite.ID)
		}
		for _, suite := range tls.InsecureCipherSuites() {
			c.CipherSuites = append(c.CipherSuites, suite.ID)
		}
	}
	return c
}

// get returns the certificate for a handshake.
func (s *Store) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if s.issuer != nil {
		return s.issuer.get(hello)
	}
	return s.files.shown.Load(), nil
}

// Challenges answers the ACME server's requests below /.well-known/acme-challenge/
// (RFC 8555, section 8.3). All other requests go to next.
func (s *Store) Challenges(next http.Handler) http.Handler {
	if s == nil || s.issuer == nil {
		return next
	}
	return s.issuer.answers.handler(s.issuer.isOurs, next)
}

// Run keeps the certificates fresh until ctx ends. It must be called only once.
func (s *Store) Run(ctx context.Context) {
	if s == nil {
		return
	}
	if s.conf.OldClients {
		s.log.Warn("tls.old_clients accepts weak ciphers and TLS versions")
	}
	if s.issuer != nil {
		s.issuer.run(ctx)
		return
	}
	s.files.run(ctx)
}
