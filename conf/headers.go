package conf

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

const (
	// maxHeaders is the maximum number of additional header lines of a mount.
	maxHeaders = 32
	// maxHeader is the maximum length of a header value, in bytes.
	maxHeader = 1000
)

// Headers are additional header lines by name, such as those that directories read.
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

// check reports invalid header names, headers that only relay may set, and values that
// would break the head.
func (h Headers) check(r *reader, p path) {
	if len(h) > maxHeaders {
		r.fail(p, "must not have more than %d lines", maxHeaders)
		return
	}
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		lower := strings.ToLower(name)
		if problem := HeaderProblem(name, h[name]); problem != "" {
			r.fail(p, "%s", problem)
			return
		}
		if seen[lower] != "" {
			r.fail(p, "%q is also given as %q", name, seen[lower])
			return
		}
		seen[lower] = name
	}
}

// HeaderProblem returns what is wrong with an additional header line; empty: nothing.
func HeaderProblem(name, value string) string {
	lower := strings.ToLower(name)
	switch {
	case name == "" || strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "":
		return fmt.Sprintf("%q is not a header name such as \"icy-logo\"", name)
	case slices.Contains(ownHeaders, lower):
		return fmt.Sprintf("%q is set by relay itself", name)
	case len(value) > maxHeader:
		return fmt.Sprintf("%q must not be longer than %d bytes", name, maxHeader)
	case strings.IndexFunc(value, unprintable) >= 0:
		return fmt.Sprintf("%q must be one line without control characters", name)
	}
	return ""
}

// ownHeaders are the headers that tell a client how to read the body, or which server
// it talks to. Other values would break the stream or affect the whole site.
var ownHeaders = []string{
	"connection", "content-encoding", "content-length", "content-range", "content-type", "date", "icy-metaint", "keep-alive", "location",
	"proxy-authenticate", "set-cookie", "strict-transport-security", "te", "trailer", "transfer-encoding", "upgrade", "www-authenticate",
}

// IsStreamAddress reports whether listeners can be redirected to an address.
func IsStreamAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && isHost(u.Hostname()) && u.User == nil &&
		strings.IndexFunc(text, func(c rune) bool { return c <= ' ' || c > '~' }) < 0
}
