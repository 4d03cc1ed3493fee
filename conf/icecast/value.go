package icecast

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"relay/conf"
)

// oneLine is a text without line breaks, doubled blanks, and blanks around it.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// word is the text of an element in one line and without control characters,
// which relay allows in no name; empty if there is no such element.
func (e *element) word() string {
	if e == nil {
		return ""
	}
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, oneLine(e.text))
}

// flag is the text of an element as yes or no, as icecast-kh reads it: also
// "true" and "yes" mean 1.
func (e *element) flag() bool {
	switch word := strings.ToLower(e.word()); word {
	case "true", "yes":
		return true
	default:
		n, _, ok := leadingNumber(word)
		return ok && n != 0
	}
}

// number is the number that a text begins with; what follows does not count,
// as in C's atoi.
func (e *element) number() (int, bool) {
	if e == nil {
		return 0, false
	}
	n, _, ok := leadingNumber(e.word())
	return n, ok
}

// seconds is a number of seconds.
func (e *element) seconds() (conf.Duration, bool) {
	const most = math.MaxInt32 // 68 years
	n, ok := e.number()
	return conf.Duration(time.Duration(min(n, most)) * time.Second), ok && n >= -most
}

// size is a number of bytes. icecast-kh lets it end with k or m for thousands
// or millions; what it ends with s, for seconds, has no size yet.
func (e *element) size() (conf.Size, bool) {
	n, unit, ok := leadingNumber(e.word())
	switch {
	case !ok || n > math.MaxInt32:
		return 0, false
	case strings.HasPrefix(unit, "s"):
		return 0, false
	case strings.HasPrefix(unit, "k"):
		n *= 1000
	case strings.HasPrefix(unit, "m"):
		n *= 1000_000
	}
	return conf.Size(n), true
}

// leadingNumber splits a text into the number that it begins with and the rest.
func leadingNumber(s string) (n int, rest string, ok bool) {
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[0] == '-' || s[0] == '+')) {
		end++
	}
	n, err := strconv.Atoi(s[:end])
	return n, s[end:], err == nil
}
