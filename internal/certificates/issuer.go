package certificates

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
	"golang.org/x/net/idna"

	"relay/conf"
	"relay/internal/disk"
)

const (
	// lookAgain bounds the time between two looks at the certificates: the clock may
	// have been set, and warnings may be due.
	lookAgain = time.Hour
	// keptWithin bounds the wait for the disk to read or store a certificate.
	keptWithin = 3 * time.Second
)

// issuer has the certificates of the configured hosts, and gets them by ACME.
type issuer struct {
	log     *zap.Logger
	cache   autocert.DirCache // fetched certificates, in autocert's files
	all     []*wanted         // in the order of the hosts, ECDSA before RSA; never changes
	answers *answers
	account *account

	fetch func(context.Context, *wanted) (*tls.Certificate, error) // account.fetch
}

// newIssuer returns an issuer that shows the stored certificates. It logs those that
// cannot be used.
func newIssuer(c conf.TLS, log *zap.Logger) *issuer {
	i := &issuer{log: log, cache: autocert.DirCache(c.ACMECache), answers: newAnswers()}
	i.account = newAccount(c, i.cache, i.answers)
	i.fetch = i.account.fetch
	for _, host := range c.ACMEHosts {
		if i.isOurs(host) {
			continue // listed twice
		}
		i.all = append(i.all, &wanted{host: ascii(host)})
		if c.OldClients {
			i.all = append(i.all, &wanted{host: ascii(host), rsa: true})
		}
	}
	for _, w := range i.all {
		ctx, cancel := context.WithTimeout(context.Background(), keptWithin)
		err := w.restore(ctx, i.cache)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			err = disk.ErrNoAnswer
		}
		if err != nil {
			log.Error("cannot use the stored certificate", zap.Stringer("certificate", w), zap.String("folder", c.ACMECache), zap.Error(err))
		}
	}
	return i
}

// ascii returns a host as certificates have it: in lower case, in Punycode and without
// a dot at the end.
func ascii(host string) string {
	if name, err := idna.Lookup.ToASCII(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// isOurs reports whether the host of a request, with or without a port, is one of the
// configured hosts.
func (i *issuer) isOurs(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	name := ascii(host)
	return slices.ContainsFunc(i.all, func(w *wanted) bool { return w.host == name })
}

// get returns the certificate for a handshake, and never waits. Old radios do not name
// a host and get the first one. A client that supports none of a host's certificates
// gets the first of them.
func (i *issuer) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	host := ascii(hello.ServerName)
	if slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}) {
		return i.answers.toHello(host)
	}
	if host == "" {
		host = i.all[0].host
	}
	var first *tls.Certificate
	for _, w := range i.all {
		pair := w.shown.Load()
		if w.host != host || pair == nil {
			continue
		}
		if hello.SupportsCertificate(pair) == nil {
			return pair, nil
		}
		if first == nil {
			first = pair
		}
	}
	if first == nil {
		return nil, fmt.Errorf("there is no certificate for %q", host)
	}
	return first, nil
}

// run fetches and renews until ctx ends, which also ends a request to the ACME server.
// It fetches one certificate after the other: two attempts for one host would need two
// answers to the same acme-tls/1 handshake.
func (i *issuer) run(ctx context.Context) {
	defer i.account.close()
	for {
		next := time.Now().Add(lookAgain)
		for _, w := range i.all {
			if !time.Now().Before(w.due) {
				i.renew(ctx, w)
			}
			w.warn(i.log)
			if w.due.Before(next) {
				next = w.due
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(next)):
		}
	}
}

// renew fetches, shows and stores a certificate. If that fails, it sets the time of the
// next attempt.
func (i *issuer) renew(ctx context.Context, w *wanted) {
	pair, err := i.fetch(ctx, w)
	if err != nil && ctx.Err() != nil {
		return // the shutdown ended the attempt
	}
	if err != nil {
		w.failed++
		wait := pause(w.failed, err)
		w.due = time.Now().Add(wait)
		about := []zap.Field{zap.Stringer("certificate", w), zap.Error(err), zap.Duration("next attempt in", wait.Round(time.Second))}
		if w.shown.Load() == nil {
			i.log.Error("no certificate obtained by ACME yet", about...)
		} else {
			i.log.Warn("ACME did not renew the certificate", about...)
		}
		return
	}
	w.show(pair)
	i.log.Info("certificate obtained by ACME", zap.Stringer("certificate", w), zap.Time("until", pair.Leaf.NotAfter))
	if err := i.keep(ctx, w, pair); err != nil {
		i.log.Error("cannot store the certificate: the next start requests another one", zap.Stringer("certificate", w), zap.Error(err))
	}
}

// keep stores a certificate for the next start, even if ctx has ended: ACME servers
// issue few certificates per host and week.
func (i *issuer) keep(ctx context.Context, w *wanted, pair *tls.Certificate) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keptWithin)
	defer cancel()
	text, err := encode(pair.PrivateKey, pair.Certificate)
	if err != nil {
		return err
	}
	return i.cache.Put(ctx, w.String(), text)
}
