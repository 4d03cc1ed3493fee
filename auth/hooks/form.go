package hooks

import (
	"net/http"
	"slices"
	"strings"

	"relay/icy"
)

// Limits for the lines of a listener's header that a hook is told.
const (
	maxHeaders     = 16      // lines
	maxHeaderName  = 64      // bytes; longer ones are left out
	maxHeaderValue = 512     // bytes; longer ones are cut
	maxHeaderBytes = 4 << 10 // of all lines; the rest is left out
)

// MaxQuery is how much of the query of a listener's address a hook is told, in bytes.
const MaxQuery = 2 << 10

// field is a field of a form.
type field struct{ name, value string }

// encode returns a form in Icecast's escapes (e2e/recorded/auth-url.txt): names as they
// are, and each byte of a value but letters and digits as a lower-case escape.
func encode(fields ...field) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(f.name)
		b.WriteByte('=')
		for _, c := range []byte(f.value) {
			if isAlphanumeric(c) {
				b.WriteByte(c)
			} else {
				b.Write([]byte{'%', digits[c>>4], digits[c&15]})
			}
		}
	}
	return b.String()
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// ClientHeader returns a copy of the part of a listener's header that a hook is told: the
// X- lines and Referer, cut to a bounded size.
func ClientHeader(h http.Header) http.Header {
	told := http.Header{}
	for _, f := range clientHeaders(h) {
		told.Set(strings.TrimPrefix(f.name, clientHeader), strings.Clone(f.value))
	}
	return told
}

// clientHeader begins the name of a field that holds a line of a listener's header.
const clientHeader = "ClientHeader."

// clientHeaders returns the fields for a listener's header: every X- line, by name, then
// Referer. Icecast sends the lines that its configuration lists; Cookie and Authorization
// are never among ours.
func clientHeaders(h http.Header) []field {
	var names []string
	for name := range h {
		if name := strings.ToLower(name); strings.HasPrefix(name, "x-") && isFieldName(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = names[:min(len(names), maxHeaders-1)]
	var fields []field
	left := maxHeaderBytes
	for _, name := range append(names, "referer") {
		value := icy.CutText(h.Get(name), maxHeaderValue)
		if left -= len(name) + len(value); value != "" && left >= 0 {
			fields = append(fields, field{clientHeader + name, value})
		}
	}
	return fields
}

// isFieldName reports whether a header's name may stand in a form, which has no escapes
// for names.
func isFieldName(name string) bool {
	return len(name) <= maxHeaderName && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}
