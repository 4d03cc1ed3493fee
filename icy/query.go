package icy

import "strings"

// Query holds the parameters of a request in the form that DJ software writes them.
// url.ParseQuery drops a pair that contains a ';' or a '%' that does not begin an
// escape; titles contain both.
type Query map[string]string

// ParseQuery splits raw, the part of a request target after '?', at '&'. A '+' is a
// blank, a '%' that does not begin an escape stands for itself, and bytes outside ASCII
// are kept. If a parameter is given twice, the first one counts. An '&' that is not
// followed by a parameter belongs to the title before it: "song=Rock & Roll".
// ParseQuery never fails.
func ParseQuery(raw string) Query {
	q := Query{}
	title, begin, end := "", 0, 0 // the parameter whose value may continue, and the place of the value in raw
	for at := 0; at <= len(raw); {
		pair := raw[at:]
		if next := strings.IndexByte(pair, '&'); next >= 0 {
			pair = pair[:next]
		}
		from := at
		at += len(pair) + 1
		name, value, found := strings.Cut(pair, "=")
		switch {
		case pair == "":
			continue
		case title != "" && !(found && isParameter(title, name)):
			end = from + len(pair)
			continue
		}
		q.settle(title, raw[begin:end])
		name, title = unescapeForm(name), ""
		if _, given := q[name]; given {
			continue
		}
		q[name] = unescapeForm(value)
		switch name {
		case "song", "artist", "title", "url":
			title, begin, end = name, from+len(pair)-len(value), from+len(pair)
		}
	}
	q.settle(title, raw[begin:end])
	return q
}

// settle sets the value of a title once its end is known.
func (q Query) settle(title, value string) {
	if title != "" {
		q[title] = unescapeForm(value)
	}
}

// isParameter reports whether "&name=" after the value of a title begins a parameter
// rather than being part of that value. A value that is an address may contain
// parameters.
func isParameter(title, name string) bool {
	switch strings.ToLower(name) {
	case "mode", "mount", "song", "artist", "title", "url", "charset", "pass", "sid", "user":
		return true
	}
	return title != "url" && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") == ""
}

func unescapeForm(s string) string { return Unescape(strings.ReplaceAll(s, "+", " ")) }

// Has reports whether the parameter was given, even with an empty value.
func (q Query) Has(name string) bool {
	_, given := q[name]
	return given
}

// Unescape decodes the percent escapes of s. It keeps a '%' that does not begin an
// escape.
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
