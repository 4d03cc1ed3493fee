package icecast

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"relay/conf"
)

// oneLine returns a text without line breaks, repeated blanks, and surrounding blanks.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// word returns the text of an element in one line and without control characters, which
// relay does not allow in names; "" if there is no such element.
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

// flag returns the text of an element as yes or no, as icecast-kh reads it: "true" and
// "yes" mean 1 too.
func (e *element) flag() bool {
	switch word := strings.ToLower(e.word()); word {
	case "true", "yes":
		return true
	default:
		n, _, ok := leadingNumber(word)
		return ok && n != 0
	}
}

// number returns the number at the beginning of a text and ignores the rest, as C's
// atoi does.
func (e *element) number() (int, bool) {
	if e == nil {
		return 0, false
	}
	n, _, ok := leadingNumber(e.word())
	return n, ok
}

// seconds returns a number of seconds.
func (e *element) seconds() (conf.Duration, bool) {
	const most = math.MaxInt32 // 68 years
	n, ok := e.number()
	return conf.Duration(time.Duration(min(n, most)) * time.Second), ok && n >= -most
}

// size returns a number of bytes. In icecast-kh it may end with k or m for thousands or
// millions. A number with an s, for seconds, is not a size.
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

// leadingNumber splits a text into the number at its beginning and the rest.
func leadingNumber(s string) (n int, rest string, ok bool) {
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[0] == '-' || s[0] == '+')) {
		end++
	}
	n, err := strconv.Atoi(s[:end])
	return n, s[end:], err == nil
}
