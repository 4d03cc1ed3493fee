// Package certificates has the certificate that is shown to those who speak TLS:
// from files, read again when they change, or fetched and renewed by ACME.
//
//	in:   [tls] of the configuration, the files it names or the ACME server
//	out:  a tls.Config that always has the newest good certificate
//
// Store.Run, whose caller waits for it, looks after the files, and alone talks
// with the ACME server. A handshake is shown what is there and waits for nobody.
package certificates

import (
	"context"
	"crypto/tls"
	"net/http"

	"go.uber.org/zap"
	"golang.org/x/crypto/acme"

	"relay/conf"
)

// Store has the certificates of a server. A nil Store has none.
type Store struct {
	conf   conf.TLS
	log    *zap.Logger
	files  *files  // nil: there is an issuer
	issuer *issuer // nil: there are files
}

// Open returns the certificates that a configuration asks for, or nil when it
// asks for none. The error says which files cannot be used, and why.
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

// TLS returns what servers shake hands by: HTTP/1.1 only, since streams are no
// HTTP/2; TLS 1.2 and later, as Go sees fit, unless old clients are wanted.
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

func (s *Store) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if s.issuer != nil {
		return s.issuer.get(hello)
	}
	return s.files.shown.Load(), nil
}

// Challenges lets an ACME server find at /.well-known/acme-challenge/ that this
// is the host it is asked for (RFC 8555, section 8.3); all else is for next.
func (s *Store) Challenges(next http.Handler) http.Handler {
	if s == nil || s.issuer == nil {
		return next
	}
	return s.issuer.answers.handler(s.issuer.isOurs, next)
}

// Run keeps the certificates fresh until ctx ends.
func (s *Store) Run(ctx context.Context) {
	if s == nil {
		return
	}
	if s.conf.OldClients {
		s.log.Warn("tls.old_clients lets ciphers and versions in that are known to be weak")
	}
	if s.issuer != nil {
		s.issuer.run(ctx)
		return
	}
	s.files.run(ctx)
}
