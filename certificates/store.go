// Package certificates has the certificate that is shown to those who speak TLS:
// from files, read again when they change, or fetched and renewed by ACME.
//
//	in:   [tls] of the configuration, and the files it names
//	out:  a tls.Config that always has the newest good certificate
//
// Store.Run, whose caller waits for it, looks after the files.
package certificates

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"relay/conf"
)

const (
	// lookEvery is how often the files are looked at.
	lookEvery = 5 * time.Second
	// fetchAgain is how long to wait after an ACME server said no; autocert
	// itself asks no more than once a minute.
	fetchAgain = 2 * time.Minute
	// warnBefore is how long before its end a certificate from files is
	// complained of.
	warnBefore = 14 * 24 * time.Hour
)

// Store has the certificates of a server. A nil Store has none.
type Store struct {
	conf conf.TLS
	log  *zap.Logger
	acme *autocert.Manager // nil: there are files

	shown atomic.Pointer[tls.Certificate] // from the files
	read  [2]os.FileInfo                  // of both files, as they were when last read; Run's own
	told  time.Time                       // when the end of the certificate was last complained of
}

// Open returns the certificates that a configuration asks for, or nil when it
// asks for none. The error says which files cannot be used, and why.
func Open(c conf.TLS, log *zap.Logger) (*Store, error) {
	s := &Store{conf: c, log: log}
	switch {
	case len(c.ACMEHosts) > 0:
		s.acme = &autocert.Manager{
			Prompt:     autocert.AcceptTOS,
			HostPolicy: ours(c.ACMEHosts),
			Cache:      autocert.DirCache(c.ACMECache),
			Email:      c.ACMEEmail,
			Client:     &acme.Client{DirectoryURL: c.ACMEDir, UserAgent: "relay"},
		}
		return s, nil
	case c.CertFile == "":
		return nil, nil
	}
	s.look()
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

// ours takes the hosts, and with a port of any number, as they stand in a request.
func ours(hosts []string) autocert.HostPolicy {
	listed := autocert.HostWhitelist(hosts...)
	return func(ctx context.Context, host string) error {
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		return listed(ctx, host)
	}
}

// TLS returns what servers shake hands by: HTTP/1.1 only, since streams are no
// HTTP/2; TLS 1.2 and later, as Go sees fit, unless old clients are wanted.
func (s *Store) TLS() *tls.Config {
	if s == nil {
		return nil
	}
	c := &tls.Config{GetCertificate: s.get, NextProtos: []string{"http/1.1"}}
	if s.acme != nil {
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
	if s.acme == nil {
		return s.shown.Load(), nil
	}
	if hello.ServerName == "" { // old radios do not say whom they want
		named := *hello
		named.ServerName = s.conf.ACMEHosts[0]
		hello = &named
	}
	return s.acme.GetCertificate(hello)
}

// Challenges lets an ACME server find at /.well-known/acme-challenge/ that this
// is the host it is asked for (RFC 8555, section 8.3); all else is for next.
func (s *Store) Challenges(next http.Handler) http.Handler {
	if s == nil || s.acme == nil {
		return next
	}
	return s.acme.HTTPHandler(next)
}

// Run keeps the certificates fresh until ctx ends. A pair of files that cannot
// be used is complained of, and the one before stays.
func (s *Store) Run(ctx context.Context) {
	if s == nil {
		return
	}
	if s.conf.OldClients {
		s.log.Warn("tls.old_clients lets ciphers and versions in that are known to be weak")
	}
	if s.acme != nil {
		s.fetch(ctx)
		return
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	s.warn()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if s.look() {
			if err := s.load(); err != nil {
				s.log.Error("the new certificate is not used, the one before stays", zap.Error(err))
			} else {
				s.log.Info("certificate loaded", zap.String("file", s.conf.CertFile), zap.Time("until", s.shown.Load().Leaf.NotAfter))
			}
		}
		s.warn()
	}
}

// fetch has the certificates of all hosts there before somebody asks for them.
// From then on autocert renews them.
func (s *Store) fetch(ctx context.Context) {
	for missing := s.conf.ACMEHosts; ; {
		missing = s.fetchEach(ctx, missing)
		if len(missing) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(fetchAgain):
		}
	}
}

// fetchEach returns those of the hosts for which there is no certificate yet.
func (s *Store) fetchEach(ctx context.Context, hosts []string) (missing []string) {
	for _, host := range hosts {
		if ctx.Err() != nil {
			return nil
		}
		hello := &tls.ClientHelloInfo{
			ServerName: host, SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256},
			SupportedCurves: []tls.CurveID{tls.CurveP256}, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		}
		pair, err := s.acme.GetCertificate(hello)
		if err != nil {
			s.log.Error("no certificate by ACME yet", zap.String("host", host), zap.Error(err), zap.Duration("next attempt in", fetchAgain))
			missing = append(missing, host)
			continue
		}
		s.log.Info("certificate by ACME", zap.String("host", host), zap.Time("until", pair.Leaf.NotAfter))
	}
	return missing
}

// look tells whether the files are others than when it last looked.
func (s *Store) look() (changed bool) {
	for i, name := range []string{s.conf.CertFile, s.conf.KeyFile} {
		info, err := os.Stat(name)
		if err != nil {
			continue // is being replaced, or gone: the one before stays
		}
		if was := s.read[i]; was == nil || !os.SameFile(was, info) || !was.ModTime().Equal(info.ModTime()) || was.Size() != info.Size() ||
			was.Mode() != info.Mode() { // which lets a key be read that could not be
			changed = true
		}
		s.read[i] = info
	}
	return changed
}

// load shows the certificate in the files from now on.
func (s *Store) load() error {
	pair, err := tls.LoadX509KeyPair(s.conf.CertFile, s.conf.KeyFile)
	if err == nil && time.Now().After(pair.Leaf.NotAfter) {
		err = fmt.Errorf("it has expired on %s", pair.Leaf.NotAfter.Format(time.DateOnly))
		if s.shown.Load() == nil { // better than nothing, and not worse than before
			s.log.Error("the certificate has expired", zap.String("file", s.conf.CertFile), zap.Time("on", pair.Leaf.NotAfter))
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("cannot use %s with %s: %w", s.conf.CertFile, s.conf.KeyFile, err)
	}
	s.shown.Store(&pair)
	return nil
}

// warn complains once a day of a certificate that ends soon.
func (s *Store) warn() {
	until := s.shown.Load().Leaf.NotAfter
	if time.Until(until) > warnBefore || time.Since(s.told) < 24*time.Hour {
		return
	}
	s.told = time.Now()
	s.log.Warn("the certificate ends soon", zap.String("file", s.conf.CertFile), zap.Time("on", until))
}
