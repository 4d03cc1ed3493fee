package certificates

import (
	"crypto/x509"
	"time"

	"go.uber.org/zap"
)

// toldAgain is the time between two log lines about the end of one certificate.
const toldAgain = 24 * time.Hour

// ending remembers what was logged about the end of a certificate.
type ending struct {
	told    time.Time // of the last line
	expired bool      // the last line says that the certificate has expired
}

// look logs a warning if leaf expires within the given time, and an error if it has
// expired: once a day, and when the warning becomes an error.
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

// third returns a third of a certificate's lifetime. When that much is left, the next
// certificate is due.
func third(leaf *x509.Certificate) time.Duration { return leaf.NotAfter.Sub(leaf.NotBefore) / 3 }
