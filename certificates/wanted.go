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

// wanted is a certificate that is to be fetched and renewed: of a host, with a
// key of a kind.
type wanted struct {
	host string
	rsa  bool // for those who know nothing else

	shown atomic.Pointer[tls.Certificate] // nil: not fetched yet

	due    time.Time // when to ask for the next one; run's own, as those below
	failed int       // how often in a row that has failed
	ending ending
}

// String is its name in the folder of what was fetched.
func (w *wanted) String() string {
	if w.rsa {
		return w.host + "+rsa"
	}
	return w.host
}

// algorithm is the kind of its key.
func (w *wanted) algorithm() x509.PublicKeyAlgorithm {
	if w.rsa {
		return x509.RSA
	}
	return x509.ECDSA
}

// newKey makes such a key.
func (w *wanted) newKey() (crypto.Signer, error) {
	if w.rsa {
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// show has a certificate shown from now on. The next one is due when a third of
// its time is left.
func (w *wanted) show(pair *tls.Certificate) {
	w.due = pair.Leaf.NotAfter.Add(-third(pair.Leaf))
	w.failed, w.ending = 0, ending{}
	w.shown.Store(pair)
}

// warn complains of a certificate that should have been renewed.
func (w *wanted) warn(log *zap.Logger) {
	if pair := w.shown.Load(); pair != nil {
		w.ending.look(log, pair.Leaf, third(pair.Leaf), zap.Stringer("certificate", w))
	}
}

// restore shows what was fetched before the start, even when it has expired:
// better than nothing, and the next one is due.
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

// fits says why a certificate is not what is wanted.
func (w *wanted) fits(pair *tls.Certificate) error {
	if kind := pair.Leaf.PublicKeyAlgorithm; kind != w.algorithm() {
		return fmt.Errorf("its key is of %s", kind)
	}
	return pair.Leaf.VerifyHostname(w.host)
}
