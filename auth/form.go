package auth

import (
	"net/http"
	"slices"
	"strings"

	"relay/icy"
)

// What is passed on of a listener's own header lines.
const (
	maxHeaders     = 16      // lines
	maxHeaderName  = 64      // bytes; longer ones are left out
	maxHeaderValue = 512     // bytes; longer ones are cut
	maxHeaderBytes = 4 << 10 // of all of them; what is more is left out
)

// maxQuery bounds what is passed on of the query of a listener's address, in bytes.
const maxQuery = 2 << 10

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

// clientHeader begins the name of a field that holds a listener's header line.
const clientHeader = "ClientHeader."

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
	left := maxHeaderBytes
	for _, name := range append(names, "referer") {
		value := icy.CutText(h.Get(name), maxHeaderValue)
		if left -= len(name) + len(value); value != "" && left >= 0 {
			fields = append(fields, field{clientHeader + name, value})
		}
	}
	return fields
}

// isFieldName keeps a header's name from holding what separates fields: a
// form has no escapes there.
func isFieldName(name string) bool {
	return len(name) <= maxHeaderName && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// ListenerRequest returns what Listener looks at of a request. It holds nothing else of
// its head, so that listeners that wait do not keep many heads in memory.
func ListenerRequest(req *http.Request) *http.Request {
	kept := icy.Keep(req, "Authorization", "User-Agent")
	if req.URL != nil {
		kept.URL.RawQuery = icy.Clip(req.URL.RawQuery, maxQuery)
	}
	for _, f := range clientHeaders(req.Header) {
		kept.Header.Set(strings.TrimPrefix(f.name, clientHeader), strings.Clone(f.value))
	}
	return kept
}
