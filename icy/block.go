package icy

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxBlockText is the longest text a block can hold, in bytes: 255 × 16.
	maxBlockText = 255 * 16

	// LongestTitle is the longest title a block has room for, in bytes.
	LongestTitle = maxBlockText - len("StreamTitle='") - len("';")
)

// EmptyBlock is the block that says "nothing new".
var EmptyBlock = []byte{0}

// AppendBlock appends the metadata block that announces title and, unless it
// is empty, url as StreamUrl. Quotes are not escaped (no player would undo
// it); control characters become blanks. A title too long for the block is
// cut after its last whole character that fits, a url that no longer fits is
// left out.
func AppendBlock(dst []byte, title, url string) []byte {
	const before, after, beforeURL = "StreamTitle='", "';", "StreamUrl='"
	title = CutText(printable(title), LongestTitle)
	text := before + title + after
	if url = printable(url); url != "" && len(text)+len(beforeURL)+len(url)+len(after) <= maxBlockText {
		text += beforeURL + url + after
	}
	units := (len(text) + 15) / 16
	dst = append(dst, byte(units))
	dst = append(dst, text...)
	for n := units*16 - len(text); n > 0; n-- {
		dst = append(dst, 0)
	}
	return dst
}

// ParseBlock reads the text of a block, its length byte taken off. Quotes in
// a title are not escaped, so it ends at the last "';" or where StreamUrl
// begins. ok is false when the text has no StreamTitle.
func ParseBlock(text []byte) (title, url string, ok bool) {
	s := string(bytes.TrimRight(text, "\x00"))
	_, s, ok = strings.Cut(s, "StreamTitle='")
	if !ok {
		return "", "", false
	}
	if t, u, found := strings.Cut(s, "';StreamUrl='"); found {
		return t, upToLastQuote(u), true
	}
	return upToLastQuote(s), "", true
}

// upToLastQuote cuts s before its last "';", or before a bare closing quote
// where the sender forgot the semicolon.
func upToLastQuote(s string) string {
	if i := strings.LastIndex(s, "';"); i >= 0 {
		return s[:i]
	}
	return strings.TrimSuffix(s, "'")
}

// printable replaces by blanks what would break block or header lines, or steer
// who shows them: control characters, line ends that are not ASCII, and what
// turns the direction of all text that follows.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || '\u2028' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' {
			return ' '
		}
		return r
	}, s)
}

// CutText shortens s to at most n bytes without splitting a character.
func CutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
