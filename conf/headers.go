package conf

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

const (
	// mostHeaders bounds the header lines of a mount's own.
	mostHeaders = 32
	// longestHeader bounds the value of one, in bytes.
	longestHeader = 1000
)

// Headers are header lines of one's own by name, such as those that directories read.
type Headers map[string]string

// UnmarshalTOML reads a table of strings.
func (h *Headers) UnmarshalTOML(v any) error {
	table, ok := v.(map[string]any)
	if !ok {
		return wrongKind(`a table of strings, { "icy-logo" = "https://…" }`, v)
	}
	*h = nil
	if len(table) > 0 {
		*h = Headers{}
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		value, ok := table[name].(string)
		if !ok {
			return fmt.Errorf("%s %w", name, wrongKind("a string", table[name]))
		}
		(*h)[name] = value
	}
	return nil
}

// check reports names that no header has, or that are not ours to set, and values that
// would break the head.
func (h Headers) check(r *reader, p path) {
	if len(h) > mostHeaders {
		r.fail(p, "must not have more than %d lines", mostHeaders)
		return
	}
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		lower := strings.ToLower(name)
		switch {
		case name == "" || strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "":
			r.fail(p, "%q is no name of a header, such as \"icy-logo\"", name)
		case slices.Contains(ownHeaders, lower):
			r.fail(p, "%q is set by relay itself", name)
		case seen[lower] != "":
			r.fail(p, "%q is given as %q too", name, seen[lower])
		case len(h[name]) > longestHeader:
			r.fail(p, "%q must not be longer than %d bytes", name, longestHeader)
		case strings.IndexFunc(h[name], unprintable) >= 0:
			r.fail(p, "%q must be one line without control characters", name)
		default:
			seen[lower] = name
			continue
		}
		return
	}
}

// ownHeaders are those by which a client is told how to read what follows, or whom it
// talks to. Whoever sets another would break the stream, or speak for the whole site.
var ownHeaders = []string{
	"connection", "content-encoding", "content-length", "content-range", "content-type", "date", "icy-metaint", "keep-alive", "location",
	"proxy-authenticate", "set-cookie", "strict-transport-security", "te", "trailer", "transfer-encoding", "upgrade", "www-authenticate",
}

// isStreamAddress reports whether a listener can be sent to an address.
func isStreamAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && isHost(u.Hostname()) && u.User == nil &&
		strings.IndexFunc(text, func(c rune) bool { return c <= ' ' || c > '~' }) < 0
}
