package certificates

import (
	"crypto/x509"
	"time"

	"go.uber.org/zap"
)

// toldAgain is how long a complaint of a certificate holds.
const toldAgain = 24 * time.Hour

// ending is what the log has been told of the end of a certificate.
type ending struct {
	told    time.Time
	expired bool // that it has come
}

// look complains of a certificate that ends within a time, or has ended; once a
// day, and when the one becomes the other.
func (e *ending) look(log *zap.Logger, leaf *x509.Certificate, within time.Duration, which zap.Field) {
	left := time.Until(leaf.NotAfter)
	expired := left <= 0
	if left > within || expired == e.expired && time.Since(e.told) < toldAgain {
		return
	}
	e.told, e.expired = time.Now(), expired
	if expired {
		log.Error("the certificate has expired", which, zap.Time("on", leaf.NotAfter))
		return
	}
	log.Warn("the certificate ends soon", which, zap.Time("on", leaf.NotAfter))
}

// third is the part of its time that is left to a certificate when the next one
// should be there.
func third(leaf *x509.Certificate) time.Duration { return leaf.NotAfter.Sub(leaf.NotBefore) / 3 }
