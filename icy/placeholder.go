package icy

import "strings"

// IsPlaceholder reports whether a program has sent a station word only because it had
// to send something: C's, JavaScript's or Java's text for a missing value (butt sends
// "(null)" if no address was entered), libshout's name for a stream without one, and
// the texts that Icecast gives such streams.
func IsPlaceholder(word string) bool {
	word = strings.ToLower(strings.TrimSpace(word))
	if scheme, rest, is := strings.Cut(word, "://"); is && (scheme == "http" || scheme == "https") {
		word = strings.TrimRight(rest, "/")
	}
	switch strings.Trim(word, `"'`) {
	case "", "(null)", "%28null%29", "<null>", "null", "(nil)", "nil", "(none)", "undefined", "[object object]",
		"no name", "unspecified name", "unspecified description":
		return true
	}
	return false
}

// Given returns word, or "" if it is a placeholder.
func Given(word string) string {
	if IsPlaceholder(word) {
		return ""
	}
	return word
}
