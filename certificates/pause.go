package certificates

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"
)

const (
	// firstPause is how long to wait after an attempt has failed; each wait is
	// twice the last.
	firstPause = 2 * time.Minute
	// longestPause is where that ends: a name that is put right is not left
	// without a certificate for longer.
	longestPause = time.Hour
	// repetitions is how often a request is sent again within an attempt.
	repetitions = 3
)

// pause returns how long to wait after a number of attempts that failed, the last
// of them with err. It is cut at random, so that all who were refused at once do
// not return as one, and no shorter than the server says.
func pause(failed int, err error) time.Duration {
	wait := longestPause
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

// again returns how long to wait before a request is sent for the nth time again,
// or 0: a server that is in trouble for longer, or says until when, fails the
// attempt, since attempts keep longer pauses.
func again(n int, _ *http.Request, answer *http.Response) time.Duration {
	if n > repetitions || answer.Header.Get("Retry-After") != "" {
		return 0
	}
	return time.Second << (n - 1)
}
