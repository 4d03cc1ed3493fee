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
	// lookAgain is how often to look at what is there, at the least: the clock may
	// have been set, and what ends soon is complained of.
	lookAgain = time.Hour
	// keptWithin is how long the disk may take for a certificate.
	keptWithin = 3 * time.Second
)

// issuer has the certificates of some hosts, and gets them by ACME.
type issuer struct {
	log     *zap.Logger
	cache   autocert.DirCache // what was fetched, named and written as autocert does
	all     []*wanted         // the hosts in their order, ECDSA first
	answers *answers
	account *account

	fetch func(context.Context, *wanted) (*tls.Certificate, error) // the account's
}

func newIssuer(c conf.TLS, log *zap.Logger) *issuer {
	i := &issuer{log: log, cache: autocert.DirCache(c.ACMECache), answers: newAnswers()}
	i.account = newAccount(c, i.cache, i.answers)
	i.fetch = i.account.fetch
	for _, host := range c.ACMEHosts {
		if i.isOurs(host) {
			continue // named twice
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
			log.Error("cannot use the certificate that was fetched before", zap.Stringer("certificate", w), zap.String("folder", c.ACMECache), zap.Error(err))
		}
	}
	return i
}

// ascii is a host as it stands in certificates: in lower case, in Punycode and
// without a dot at its end.
func ascii(host string) string {
	if name, err := idna.Lookup.ToASCII(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// isOurs tells whether a host of a request, with a port or without, is one that
// certificates are for.
func (i *issuer) isOurs(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	name := ascii(host)
	return slices.ContainsFunc(i.all, func(w *wanted) bool { return w.host == name })
}

// get returns what is there for a handshake, at once. Old radios do not say
// whom they want and get the first host.
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

// run fetches and renews until ctx ends, which ends a conversation with the ACME
// server too. One certificate comes after the other: two of a host cannot be
// asked for at once, since a handshake has room for one answer.
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

// renew gets a certificate, or puts that off.
func (i *issuer) renew(ctx context.Context, w *wanted) {
	pair, err := i.fetch(ctx, w)
	if err != nil && ctx.Err() != nil {
		return // it is the end that failed it
	}
	if err != nil {
		w.failed++
		wait := pause(w.failed, err)
		w.due = time.Now().Add(wait)
		about := []zap.Field{zap.Stringer("certificate", w), zap.Error(err), zap.Duration("next attempt in", wait.Round(time.Second))}
		if w.shown.Load() == nil {
			i.log.Error("no certificate by ACME yet", about...)
		} else {
			i.log.Warn("the certificate is not renewed by ACME", about...)
		}
		return
	}
	w.show(pair)
	i.log.Info("certificate by ACME", zap.Stringer("certificate", w), zap.Time("until", pair.Leaf.NotAfter))
	if err := i.keep(ctx, w, pair); err != nil {
		i.log.Error("cannot keep the certificate: the next start asks for another", zap.Stringer("certificate", w), zap.Error(err))
	}
}

// keep puts a certificate where the next start finds it, also when this one has
// come with the end: ACME servers do not give many.
func (i *issuer) keep(ctx context.Context, w *wanted, pair *tls.Certificate) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keptWithin)
	defer cancel()
	text, err := encode(pair.PrivateKey, pair.Certificate)
	if err != nil {
		return err
	}
	return i.cache.Put(ctx, w.String(), text)
}
