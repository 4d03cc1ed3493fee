package auth

import (
	"net/http"
	"slices"
	"strings"
)

// What is passed on of a listener's own header lines.
const (
	maxHeaders     = 16  // lines
	maxHeaderName  = 64  // bytes; longer ones are left out
	maxHeaderValue = 512 // bytes; longer ones are cut
)

// field is one field of a form.
type field struct{ name, value string }

// encode writes fields in the escapes of Icecast (wire/auth-url.txt): names as they are,
// and of values every byte but letters and digits as a lower-case escape.
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

// clientHeaders is what a hook learns of a listener's header lines: every X-
// line, by name, then Referer. Icecast sends those its configuration lists;
// Cookie and Authorization are never among ours.
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
	for _, name := range append(names, "referer") {
		if value := h.Get(name); value != "" {
			fields = append(fields, field{"ClientHeader." + name, value[:min(len(value), maxHeaderValue)]})
		}
	}
	return fields
}

// isFieldName keeps a header's name from holding what separates fields: a
// form has no escapes there.
func isFieldName(name string) bool {
	return len(name) <= maxHeaderName && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}
