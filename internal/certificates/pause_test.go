package certificates

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/acme"

	"relay/conf"
)

// Each host has its own pauses, which grow until an attempt succeeds.
func TestPausesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer(conf.TLS{ACMEHosts: []string{"bad.example.org", host}, ACMECache: t.TempDir()}, zap.NewNop())
		at := map[string][]time.Time{}
		good := false
		i.fetch = func(_ context.Context, w *wanted) (*tls.Certificate, error) {
			at[w.host] = append(at[w.host], time.Now())
			if w.host == host || good {
				return issue(t, w, time.Now(), time.Now().Add(90*day)), nil
			}
			return nil, errors.New("no")
		}
		runFor(t, i, 3*time.Hour)
		if n := len(at[host]); n != 1 {
			t.Errorf("the host that is well: %d attempts", n)
		}
		tried := at["bad.example.org"]
		for n, minutes := range []time.Duration{2, 4, 8, 16, 32, 60} {
			if n+1 >= len(tried) {
				t.Fatalf("%d attempts in three hours", len(tried))
			}
			if got, most := tried[n+1].Sub(tried[n]), minutes*time.Minute; got > most || got < most*3/4 {
				t.Errorf("pause %d is %v, want about %v", n, got, most)
			}
		}
		good = true
		runFor(t, i, time.Hour)
		if failed := i.all[0].failed; failed != 0 {
			t.Errorf("after a success %d failures are counted", failed)
		}
	})
}

func TestPauseIsWhatTheServerAsksFor(t *testing.T) {
	limited := &acme.Error{ProblemType: "urn:ietf:params:acme:error:rateLimited", Header: http.Header{"Retry-After": {"7200"}}}
	if got := pause(1, fmt.Errorf("order: %w", limited)); got != 2*time.Hour {
		t.Errorf("%v", got)
	}
	for n := range 100 {
		if got := pause(n+1, errors.New("no")); got < firstPause*3/4 || got > maxPause {
			t.Errorf("after %d attempts %v", n+1, got)
		}
	}
}

// A request is repeated a few times only, not for the whole of an attempt.
func TestRepetitionsAreFew(t *testing.T) {
	busy, told := &http.Response{}, &http.Response{Header: http.Header{"Retry-After": {"600"}}}
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 0, 30: 0} {
		if got := again(n, nil, busy); got != want {
			t.Errorf("before repetition %d: %v, want %v", n, got, want)
		}
	}
	if got := again(1, nil, told); got != 0 {
		t.Errorf("a server that says when: %v", got)
	}
}
