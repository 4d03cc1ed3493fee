package certificates

import (
	"context"
	"crypto/tls"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
)

// runFor runs an issuer for a time, by the clock of the synctest bubble.
func runFor(t *testing.T, i *issuer, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	i.run(ctx)
}

const day = 24 * time.Hour

// A certificate is renewed each time a third of its lifetime is left, and the log has
// no warning.
func TestRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, log := observer.New(zap.WarnLevel)
		i := newIssuer(conf.TLS{ACMEHosts: []string{host}, ACMECache: t.TempDir()}, zap.New(core))
		var at []time.Duration
		begin := time.Now()
		i.fetch = func(_ context.Context, w *wanted) (*tls.Certificate, error) {
			at = append(at, time.Since(begin))
			return issue(t, w, time.Now(), time.Now().Add(90*day)), nil
		}
		runFor(t, i, 130*day)
		if len(at) != 3 || at[0] != 0 || at[1] != 60*day || at[2] != 120*day {
			t.Errorf("asked after %v", at)
		}
		if left := time.Until(i.all[0].shown.Load().Leaf.NotAfter); left != 80*day {
			t.Errorf("what is shown is valid for %v", left)
		}
		if log.Len() > 0 {
			t.Errorf("the log has %v", log.All())
		}
	})
}

// A certificate that cannot be renewed has a warning each day, and from its end on an
// error each day.
func TestRenewalThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, log := observer.New(zap.WarnLevel)
		i := newIssuer(conf.TLS{ACMEHosts: []string{host}, ACMECache: t.TempDir()}, zap.New(core))
		first := issue(t, i.all[0], time.Now(), time.Now().Add(90*day))
		i.all[0].show(first)
		i.fetch = func(context.Context, *wanted) (*tls.Certificate, error) { return nil, errors.New("no") }
		soon := func() int {
			return log.FilterMessage("the certificate ends soon").FilterLevelExact(zap.WarnLevel).Len()
		}
		over := func() int {
			return log.FilterMessage("the certificate has expired").FilterLevelExact(zap.ErrorLevel).Len()
		}
		runFor(t, i, 60*day-time.Minute)
		if log.Len() > 0 {
			t.Errorf("in time the log has %v", log.All())
		}
		runFor(t, i, 10*day)
		if n := soon(); n < 9 || n > 11 || over() > 0 {
			t.Errorf("in ten days: %d times that it ends, %d times that it has", n, over())
		}
		if log.FilterMessage("ACME did not renew the certificate").FilterField(zap.Error(errors.New("no"))).Len() == 0 {
			t.Error("the log does not say why")
		}
		runFor(t, i, 20*day+2*time.Hour)
		if over() != 1 {
			t.Errorf("at its end: %d times that it has come", over())
		}
		if pair, err := i.get(&everybody); err != nil || pair != first {
			t.Errorf("it is not shown any more: %v", err)
		}
		runFor(t, i, 5*day)
		if n := over(); n < 5 || n > 7 {
			t.Errorf("five days after its end: %d times that it has come", n)
		}
	})
}
