package certificates

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/acme/autocert"
)

// wanted is a certificate to fetch and renew: for one host, with one type of key.
type wanted struct {
	host string
	rsa  bool // for old clients, which support no other key; otherwise ECDSA

	shown atomic.Pointer[tls.Certificate] // nil: none yet

	due    time.Time // when to fetch the next one; only issuer.run uses this and the fields below
	failed int       // failed attempts in a row
	ending ending
}

// String returns its file in the cache folder, named as autocert names it.
func (w *wanted) String() string {
	if w.rsa {
		return w.host + "+rsa"
	}
	return w.host
}

// algorithm returns the type of its key.
func (w *wanted) algorithm() x509.PublicKeyAlgorithm {
	if w.rsa {
		return x509.RSA
	}
	return x509.ECDSA
}

// newKey makes a key of that type: RSA of 2,048 bits, or ECDSA on P-256.
func (w *wanted) newKey() (crypto.Signer, error) {
	if w.rsa {
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// show shows pair from now on. The next certificate is due when a third of its
// lifetime is left.
func (w *wanted) show(pair *tls.Certificate) {
	w.due = pair.Leaf.NotAfter.Add(-third(pair.Leaf))
	w.failed, w.ending = 0, ending{}
	w.shown.Store(pair)
}

// warn logs that the certificate should have been renewed, or has expired.
func (w *wanted) warn(log *zap.Logger) {
	if pair := w.shown.Load(); pair != nil {
		w.ending.look(log, pair.Leaf, third(pair.Leaf), zap.Stringer("certificate", w))
	}
}

// restore shows the stored certificate, if there is one. It shows an expired one too,
// since that is better than none; the next one is due then.
func (w *wanted) restore(ctx context.Context, cache autocert.Cache) error {
	text, err := cache.Get(ctx, w.String())
	if err == autocert.ErrCacheMiss {
		return nil
	}
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(text, text) // one file has both
	if err == nil {
		err = w.fits(&pair)
	}
	if err != nil {
		return err
	}
	w.show(&pair)
	return nil
}

// fits returns an error if pair has another type of key or is for another host.
func (w *wanted) fits(pair *tls.Certificate) error {
	if kind := pair.Leaf.PublicKeyAlgorithm; kind != w.algorithm() {
		return fmt.Errorf("its key is of %s", kind)
	}
	return pair.Leaf.VerifyHostname(w.host)
}
