package conf

import (
	"strings"
	"unicode"
)

// checkText reports characters that would break the lines of a response head, a
// playlist or a log.
func checkText(r *reader, p path, s string) {
	if strings.IndexFunc(s, unicode.IsControl) >= 0 {
		r.fail(p, "must not have line breaks or other control characters")
	}
}

// checkUser reports a user name that HTTP Basic authentication cannot carry
// (RFC 7617 §2).
func checkUser(r *reader, p path, name string) {
	checkText(r, p, name)
	if strings.Contains(name, ":") {
		r.fail(p, "must not contain a colon, which ends a user name in HTTP logins")
	}
}
