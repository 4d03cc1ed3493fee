package auth

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"relay/icy"
)

// Refusal says why a login was not good enough, in words for the log.
type Refusal struct {
	Missing       bool // no login was given at all, as clients that probe first do
	RightPassword bool // only the user name is wrong
	Reason        string
	Mount         string // that a password line names; empty: none, or the login was no line
	// NoPassword is set where no password would help: none is configured, or tokens
	// alone are taken.
	NoPassword bool
	// Message is what a hook has to say to whom it refused, printable and one
	// line. Empty: nothing. Icecast logs it and answers 401 without it
	// (wire/auth-url.txt).
	Message string
	// RetryAfter, in whole seconds, is set when the login was not looked at,
	// because too many came from the same address, wrong ones or at once, or
	// because the server is Busy or the hook Unavailable.
	RetryAfter time.Duration
	// Busy is set when the turn to hash the password did not come.
	Busy bool
	// Unavailable is set when the hook that decides gave no answer, of which it
	// tells the log itself.
	Unavailable bool

	wrong bool // the login was looked at, and is a guess
}

func (r *Refusal) Error() string { return r.Reason }

// Quiet reports whether the refusal is of no interest to the operator: libshout
// asks without a login first, and the log says once that a client is slowed down
// or that a hook gives no answers.
func (r *Refusal) Quiet() bool { return r.Missing || r.RetryAfter > 0 && !r.Busy }

// Status is what HTTP clients are answered: 401, 429 (RFC 6585 §4), or 503 where
// the login may be right, since there are programs that never come back after a
// 401.
func (r *Refusal) Status() int {
	switch {
	case r.Busy, r.Unavailable:
		return http.StatusServiceUnavailable
	case r.RetryAfter > 0:
		return http.StatusTooManyRequests
	}
	return http.StatusUnauthorized
}

// Sentence is what the client is told, in the words of Icecast where it has
// some. Message, which is for listeners, is not in it.
func (r *Refusal) Sentence() string {
	switch {
	case r.Busy:
		return fmt.Sprintf("Too many logins are being checked: try again in %d s", r.seconds())
	case r.Unavailable:
		return fmt.Sprintf("Logins cannot be checked at the moment: try again in %d s", r.seconds())
	case r.RetryAfter > 0:
		return fmt.Sprintf("Too many logins came from your address, wrong ones or at once: try again in %d s", r.seconds())
	}
	return "You need to authenticate"
}

// Header is what the answer's head says besides: when to come again or, without a value,
// that no password is wanted, for which browsers would ask their users.
func (r *Refusal) Header() http.Header {
	switch {
	case r.RetryAfter > 0:
		return http.Header{"Retry-After": {strconv.Itoa(r.seconds())}}
	case r.NoPassword:
		return http.Header{"Www-Authenticate": nil}
	}
	return nil
}

// Answer is all of that for who asks for a stream.
func (r *Refusal) Answer(now time.Time) []byte {
	return icy.AppendRefusal(nil, r.Status(), r.Sentence()+"\r\n", now, r.Header())
}

func (r *Refusal) seconds() int { return int(r.RetryAfter / time.Second) }

// busy is for a login that nobody had time to hash.
func busy(login string) *Refusal {
	return &Refusal{Busy: true, RetryAfter: hashingTimeout, Reason: "too many logins at once to check " + login}
}

// ofUser names a login in the log.
func ofUser(user string) string { return fmt.Sprintf("that of user %q", user) }

var errNoLogin = &Refusal{Missing: true, Reason: "no login was given"}

// errNoPassword stands for errNoLogin where no password is configured.
var errNoPassword = &Refusal{Missing: true, NoPassword: true, Reason: "no login was given, and none is configured"}

// orNil keeps a nil *Refusal from becoming an error that is not nil.
func (r *Refusal) orNil() error {
	if r == nil {
		return nil
	}
	return r
}
