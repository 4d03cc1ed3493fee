package server

import (
	"net/http"
	"strings"

	"relay/icy"
)

// forwardedHops parses the lines of Forwarded (RFC 7239). An invalid element becomes a
// hop without a client, as do "unknown" and names such as "_proxy1".
//
// A comma separates elements even within quotes, where no address has one. Otherwise an
// open quote in what a client wrote could hide what the proxy added behind it.
func forwardedHops(lines []string) []hop {
	var hops []hop
	for _, element := range strings.Split(strings.Join(lines, ","), ",") {
		hops = append(hops, forwardedHop(element))
	}
	return hops
}

// forwardedHop parses one element: pairs separated by semicolons.
func forwardedHop(element string) (h hop) {
	seen := map[string]bool{}
	for _, pair := range strings.Split(element, ";") {
		name, value, isPair := strings.Cut(strings.TrimSpace(pair), "=")
		if !isPair && name == "" {
			continue
		}
		name = strings.ToLower(name)
		value, ok := unquote(value)
		if !isPair || !ok || seen[name] {
			return hop{}
		}
		seen[name] = true
		switch name {
		case "for":
			h.client = value
		case "proto":
			h.proto = value
		case "host":
			h.host = value
		}
	}
	return h
}

// unquote returns the text of a value that may be quoted. ok is false if the value is
// invalid.
func unquote(value string) (text string, ok bool) {
	inner, quoted := strings.CutPrefix(value, `"`)
	if !quoted {
		return value, value != "" && !strings.ContainsAny(value, "\" \t\\")
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		switch c := inner[i]; {
		case c == '"':
			return b.String(), i == len(inner)-1
		case c == '\\' && i+1 < len(inner):
			i++
			b.WriteByte(inner[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// describe sets X-Forwarded-Proto and X-Forwarded-Host to what the client asked for, if
// the hop contains a valid value.
func (h hop) describe(header http.Header) {
	if strings.EqualFold(h.proto, "http") || strings.EqualFold(h.proto, "https") {
		header.Set("X-Forwarded-Proto", strings.ToLower(h.proto))
	}
	if icy.PlausibleHost(h.host) {
		header.Set("X-Forwarded-Host", h.host)
	}
}
