package certificates

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"
)

const (
	// firstPause is the wait after the first failed attempt. Each wait is twice the
	// previous one.
	firstPause = 2 * time.Minute
	// maxPause bounds a wait, and so the time that a corrected host name stays
	// without a certificate.
	maxPause = time.Hour
	// repetitions is how often a request is repeated within an attempt.
	repetitions = 3
)

// pause returns the wait after a number of failed attempts in a row, the last of which
// returned err. Up to a quarter is cut off at random, so that servers that were refused
// together do not return together. The wait is never shorter than the Retry-After of a
// rate limit.
func pause(failed int, err error) time.Duration {
	wait := maxPause
	if doublings := failed - 1; doublings < 5 {
		wait = firstPause << doublings
	}
	wait -= rand.N(wait / 4)
	if refused := (*acme.Error)(nil); errors.As(err, &refused) {
		asked, _ := acme.RateLimit(refused)
		wait = max(wait, asked)
	}
	return wait
}

// again returns the wait before the nth repetition of a request, or 0 to repeat it no
// more (acme.Client.RetryBackoff). If the server is down for longer, or sends
// Retry-After, the attempt fails, since the waits between attempts are longer.
func again(n int, _ *http.Request, answer *http.Response) time.Duration {
	if n > repetitions || answer.Header.Get("Retry-After") != "" {
		return 0
	}
	return time.Second << (n - 1)
}
