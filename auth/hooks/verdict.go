package hooks

import (
	"cmp"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"

	"relay/conf"
)

const (
	maxMessage  = 200  // bytes of icecast-auth-message that are kept
	maxLocation = 2000 // bytes of the address that a hook sends a listener to
)

// Verdict is the outcome of a question.
type Verdict struct {
	Answer Answer
	// Reason is for the log, in words; empty if Answer is Yes.
	Reason string
	// Message is what the hook says to the client that it refuses, printable and one line.
	// Empty if it says nothing. Icecast logs it and answers 401 without it
	// (e2e/recorded/auth-url.txt).
	Message string
	// Location is where the hook sends the listener, if Answer is Redirect: an address of
	// HTTP or HTTPS that a head can hold.
	Location string
	// TimeLimit is how long the listener may stay, if Answer is Yes. 0: there is no limit.
	TimeLimit time.Duration
}

// Answer is the answer of a hook. Anything it says but a clear yes is a no.
type Answer int

// The answers of a hook.
const (
	None     Answer = iota // none: it is down or slow, or the client has left meanwhile
	Yes                    // the client may in
	No                     // the client may not
	Redirect               // the listener is to go to another address
)

// verdictOn reads the answer of the hook at address about who. With mayRedirect, it may
// be an address to go to.
func verdictOn(answer *http.Response, address, who string, mayRedirect bool) Verdict {
	if saysYes(answer.Header) {
		return Verdict{Answer: Yes, TimeLimit: timeLimit(answer.Header)}
	}
	if mayRedirect {
		if to := sentTo(answer, address); to != "" {
			return Verdict{Answer: Redirect, Location: to, Reason: hookName(address) + " sends " + who + " on"}
		}
	}
	message := printable(answer.Header.Get("Icecast-Auth-Message"))
	reason := cmp.Or(message, `its answer, "`+printable(answer.Status)+`", has no "icecast-auth-user: 1"`)
	return Verdict{Answer: No, Message: message, Reason: hookName(address) + " refuses " + who + ": " + reason}
}

// isAnswer reports whether a hook has decided: in Icecast's words, or by refusing in
// HTTP's. A server in trouble has not.
func isAnswer(answer *http.Response) bool {
	if len(answer.Header.Values("Icecast-Auth-User")) > 0 {
		return true
	}
	status := answer.StatusCode
	return status < http.StatusInternalServerError && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
}

// saysYes reports whether every icecast-auth-user has the value 1, and there is one. The
// status does not count.
func saysYes(h http.Header) bool {
	values := h.Values("Icecast-Auth-User")
	for _, value := range values {
		if strings.TrimSpace(value) != "1" {
			return false
		}
	}
	return len(values) > 0
}

// timeLimit returns how long a listener may stay, which the answer has in whole seconds;
// 0 if it says nothing, or nothing that can be read.
func timeLimit(h http.Header) time.Duration {
	seconds, err := strconv.ParseInt(strings.TrimSpace(h.Get("Icecast-Auth-Timelimit")), 10, 32)
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// sentTo returns the address that a hook's answer sends a listener to, as icecast-kh reads
// it from Location; empty if it sends it nowhere. A 307 or 308 would repeat the question
// elsewhere, and an address of the hook itself comes from its web server: both are meant
// for relay and not for the listener.
func sentTo(answer *http.Response, hook string) string {
	to := answer.Header.Get("Location")
	switch answer.StatusCode {
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return ""
	}
	if len(to) > maxLocation || !conf.IsStreamAddress(to) || len(answer.Header.Values("Location")) > 1 {
		return ""
	}
	u, err := url.Parse(to)
	asked, askedErr := url.Parse(hook)
	if err != nil || askedErr != nil || strings.EqualFold(u.Hostname(), asked.Hostname()) && path.Clean("/"+u.Path) == path.Clean("/"+asked.Path) {
		return ""
	}
	return to
}

// printable returns the part of a text that may go into logs and answers, on one line.
func printable(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), maxMessage)], "")
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, text))
}
