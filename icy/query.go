package icy

import "strings"

// Query holds the parameters of a request in the form DJ software writes
// them. url.ParseQuery drops a pair that has a ';' or a '%' which is no
// escape; titles hold both.
type Query map[string]string

// ParseQuery splits raw, the part of a request target behind '?', at '&'. A
// '+' is a blank, a '%' that begins no escape stands for itself, bytes that
// are not ASCII are kept, and of a parameter given twice the first counts. It
// never fails.
func ParseQuery(raw string) Query {
	q := Query{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name = Unescape(strings.ReplaceAll(name, "+", " "))
		if _, given := q[name]; !given {
			q[name] = Unescape(strings.ReplaceAll(value, "+", " "))
		}
	}
	return q
}

// Has reports whether the parameter was given, even if empty.
func (q Query) Has(name string) bool {
	_, given := q[name]
	return given
}

// Unescape decodes the percent escapes of s and leaves a '%' that begins none
// as it stands.
func Unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}
