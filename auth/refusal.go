package auth

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"relay/auth/hooks"
	"relay/auth/htpasswd"
	"relay/icy"
)

// Refusal says why a login was refused, in words for the log.
type Refusal struct {
	Missing       bool // no login was given, as by clients that probe first
	RightPassword bool // only the user name is wrong
	Reason        string
	Mount         string // that a password line names; empty if there is none
	// NoPassword is set if no password would help: none is configured, or only tokens are
	// accepted.
	NoPassword bool
	// Message is what a hook says to the client that it refuses, printable and on one
	// line; empty if it says nothing. Icecast logs it and answers 401 without it
	// (e2e/recorded/auth-url.txt).
	Message string
	// Redirect is the address that a hook sends the listener to: of HTTP or HTTPS, and fit
	// for a head. Empty if there is none.
	Redirect string
	// RetryAfter, in whole seconds, is set if the login was not checked: too many came
	// from its address, wrong ones or at once, or Busy or Unavailable is set.
	RetryAfter time.Duration
	// Busy is set if the turn to hash the password did not come.
	Busy bool
	// Unavailable is set if a hook gave no answer, or an htpasswd file cannot be read.
	// Both are logged where they happen.
	Unavailable bool

	wrong bool // the login was checked, and counts as a guess
}

func (r *Refusal) Error() string { return r.Reason }

// Quiet reports whether the refusal is of no interest to the operator: libshout asks
// without a login first, and the log says once that a client is slowed down or that a hook
// gives no answers.
func (r *Refusal) Quiet() bool { return r.Missing || r.RetryAfter > 0 && !r.Busy }

// Status returns the status for HTTP clients: 401, 429 (RFC 6585 §4), or 503 if the login
// may be right, since some programs never come back after a 401.
func (r *Refusal) Status() int {
	switch {
	case r.Busy, r.Unavailable:
		return http.StatusServiceUnavailable
	case r.RetryAfter > 0:
		return http.StatusTooManyRequests
	}
	return http.StatusUnauthorized
}

// Sentence returns the words for the client, Icecast's if it has any. Message, which is
// for listeners, is not among them.
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

// Header returns further lines for the head of the answer: when to come again, or
// WWW-Authenticate without a value. The latter leaves that line out, for which browsers
// would ask their users for a password.
func (r *Refusal) Header() http.Header {
	switch {
	case r.RetryAfter > 0:
		return http.Header{"Retry-After": {strconv.Itoa(r.seconds())}}
	case r.NoPassword:
		return http.Header{"Www-Authenticate": nil}
	}
	return nil
}

// Answer returns the whole answer to a client that asks for a stream.
func (r *Refusal) Answer(now time.Time) []byte {
	return icy.AppendRefusal(nil, r.Status(), r.Sentence()+"\r\n", now, r.Header())
}

func (r *Refusal) seconds() int { return int(r.RetryAfter / time.Second) }

// refusalOf returns what a hook's verdict means for the client: nil if it is let in.
func refusalOf(v hooks.Verdict) *Refusal {
	switch v.Answer {
	case hooks.Yes:
		return nil
	case hooks.No:
		return &Refusal{wrong: true, Reason: v.Reason, Message: v.Message}
	case hooks.Redirect:
		return &Refusal{Reason: v.Reason, Redirect: v.Location}
	default:
		return &Refusal{Unavailable: true, RetryAfter: hooks.RetryAfter, Reason: v.Reason}
	}
}

// busy returns the refusal of a login that got no turn to be hashed.
func busy(login string) *Refusal {
	return &Refusal{Busy: true, RetryAfter: htpasswd.TurnTimeout, Reason: "too many logins at once to check " + login}
}

// ofUser returns words for a user's login, for the log.
func ofUser(user string) string { return fmt.Sprintf("that of user %q", user) }

var errNoLogin = &Refusal{Missing: true, Reason: "no login was given"}

// errNoPassword takes the place of errNoLogin if no password is configured.
var errNoPassword = &Refusal{Missing: true, NoPassword: true, Reason: "no login was given, and none is configured"}

// orNil returns r as an error that is nil if r is.
func (r *Refusal) orNil() error {
	if r == nil {
		return nil
	}
	return r
}
