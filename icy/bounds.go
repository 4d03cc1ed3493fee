package icy

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Limits for text that a client or another server chooses, in bytes. Longer text is cut
// once, when a head is read, after a whole character. It is left out if it would have
// another meaning when cut.
const (
	MaxAgent = 512     // User-Agent
	MaxWord  = 1 << 10 // each station word, in UTF-8
	MaxUser  = 255     // the name of a login
	MaxPath  = 2 << 10 // longer than every path that exists here

	maxMethod   = 32
	maxPassword = 1 << 10
	maxReason   = 200 // the words after the status of an answer
	maxName     = 64  // of a header field
	maxValue    = 1 << 10
	maxAddress  = 4 << 10 // of a redirect
	maxHost     = 255
)

// bound cuts or leaves out overlong values of a header.
func bound(h http.Header) {
	for name, values := range h {
		for i, value := range values {
			switch name {
			case "User-Agent":
				value = Clip(value, MaxAgent) // logs and lists keep it
			case "Authorization":
				if !plausibleLogin(value) {
					value = ""
				}
			case "Host":
				value = orNothing(value, maxHost)
			case "Location":
				value = orNothing(value, maxAddress)
			case "X-Forwarded-For", "Forwarded":
				value = lastOf(value, maxValue)
			case "Cookie": // one of many cookies may be ours
			case "Range": // if cut, it would ask for something else
			default:
				value = CutText(value, maxValue)
			}
			values[i] = value
		}
	}
	if h.Get("Authorization") == "" {
		h.Del("Authorization")
	}
}

// lastOf returns at most the last n bytes of a list, without a partial element. The
// nearest proxy adds the last element.
func lastOf(list string, n int) string {
	if len(list) <= n {
		return list
	}
	_, whole, _ := strings.Cut(list[len(list)-n-1:], ",")
	return whole
}

// orNothing returns s, or "" if it is longer than n bytes.
func orNothing(s string, n int) string {
	if len(s) > n {
		return ""
	}
	return s
}

// plausibleLogin reports whether a value of Authorization can be a login of this
// server. Any other value is dropped, as if the request had no login.
func plausibleLogin(value string) bool {
	if len(value) > maxAddress {
		return false
	}
	scheme, encoded, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return true
	}
	login, err := base64.StdEncoding.DecodeString(encoded)
	user, password, _ := strings.Cut(string(login), ":")
	return err != nil || len(user) <= MaxUser && len(password) <= maxPassword
}

// Clip returns at most the first n bytes of s, cut after a whole character. The copy
// does not keep the string alive that s is a part of.
func Clip(s string, n int) string { return strings.Clone(CutText(s, n)) }

// CutText shortens s to at most n bytes without splitting a character.
func CutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for at := n; at >= 0 && at > n-utf8.UTFMax; at-- {
		if utf8.RuneStart(s[at]) {
			return s[:at]
		}
	}
	return s[:n] // not UTF-8
}

// Keep returns the parts of a client's request that are needed while it stays: the
// method, path and address, and the named fields. It keeps nothing else of the head
// alive, so that many clients do not hold many heads in memory.
func Keep(req *http.Request, fields ...string) *http.Request {
	kept := &http.Request{
		Method: strings.Clone(req.Method), Proto: strings.Clone(req.Proto), ProtoMajor: req.ProtoMajor, ProtoMinor: req.ProtoMinor,
		URL: &url.URL{}, Header: http.Header{}, RemoteAddr: req.RemoteAddr, TLS: req.TLS,
	}
	if req.URL != nil {
		kept.URL.Path = strings.Clone(req.URL.Path)
	}
	for _, name := range fields {
		for _, value := range req.Header.Values(name) {
			kept.Header.Add(name, strings.Clone(value))
		}
	}
	return kept
}
