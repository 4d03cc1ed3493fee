package icy

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// How much is taken of what a client or another server chooses, in bytes. What is
// longer is cut once, where a head is read, after a whole character; what would mean
// something else if it were cut is left out.
const (
	LongestAgent = 512     // User-Agent
	LongestWord  = 1 << 10 // each of the words of a station, in UTF-8
	LongestUser  = 255     // the name of a login
	LongestPath  = 2 << 10 // longer than all there are here

	longestMethod   = 32
	longestPassword = 1 << 10
	longestReason   = 200 // behind the status of an answer
	longestName     = 64  // of a header field
	longestValue    = 1 << 10
	longestAddress  = 4 << 10 // of a redirect
	longestHost     = 255
)

// bound cuts or leaves out what is too long in a header.
func bound(h http.Header) {
	for name, values := range h {
		for i, value := range values {
			switch name {
			case "User-Agent":
				value = Clip(value, LongestAgent) // logs and lists keep it
			case "Authorization":
				if !plausibleLogin(value) {
					value = ""
				}
			case "Host":
				value = orNothing(value, longestHost)
			case "Location":
				value = orNothing(value, longestAddress)
			case "X-Forwarded-For", "Forwarded":
				value = lastOf(value, longestValue)
			case "Cookie": // one of many may be ours
			case "Range": // cut, it asks for something else
			default:
				value = CutText(value, longestValue)
			}
			values[i] = value
		}
	}
	if h.Get("Authorization") == "" {
		h.Del("Authorization")
	}
}

// lastOf returns the last n bytes of a list at most, without the half of an element:
// what is nearest stands at the end of it.
func lastOf(list string, n int) string {
	if len(list) <= n {
		return list
	}
	_, whole, _ := strings.Cut(list[len(list)-n-1:], ",")
	return whole
}

// orNothing returns s, or nothing when it is longer than n bytes.
func orNothing(s string, n int) string {
	if len(s) > n {
		return ""
	}
	return s
}

// plausibleLogin reports whether a value of Authorization can be a login here. A
// request with another one comes without a login.
func plausibleLogin(value string) bool {
	if len(value) > longestAddress {
		return false
	}
	scheme, encoded, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return true
	}
	login, err := base64.StdEncoding.DecodeString(encoded)
	user, password, _ := strings.Cut(string(login), ":")
	return err != nil || len(user) <= LongestUser && len(password) <= longestPassword
}

// Clip returns the first n bytes of s at most, cut after a whole character, and holds
// nothing else of what s is a part of.
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
	return s[:n] // it is no UTF-8
}

// Keep returns what is still needed of the request of a client that stays: its
// method, path and address, and the named fields. It holds nothing else of the head,
// so that many clients do not keep many heads in memory.
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
