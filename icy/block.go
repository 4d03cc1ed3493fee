package icy

import (
	"strings"
	"unicode"
)

const (
	// maxBlockText is the maximum length of a block's text, in bytes: 255 × 16.
	maxBlockText = 255 * 16

	// MaxTitle is the maximum length of a title in a block, in bytes.
	MaxTitle = maxBlockText - len("StreamTitle='") - len("';")
)

// EmptyBlock is the block that means "no new title".
var EmptyBlock = []byte{0}

// AppendBlock appends the metadata block that announces title and, unless it is empty,
// url as StreamUrl. Control characters become blanks. Quotes in a title stay, since no
// player undoes an escape, but a blank is put beside a quote that could end the title
// or begin another field. Quotes in url are escaped. A title too long for the block is
// cut after its last whole character that fits; a url that does not fit is left out.
func AppendBlock(dst []byte, title, url string) []byte {
	const before, after, beforeURL = "StreamTitle='", "';", "StreamUrl='"
	title = CutText(apart(printable(title)), MaxTitle)
	if strings.HasSuffix(title, "=") {
		title = CutText(title, MaxTitle-1) + " "
	}
	text := before + title + after
	url = strings.ReplaceAll(printable(url), "'", "%27")
	if url != "" && len(text)+len(beforeURL)+len(url)+len(after) <= maxBlockText {
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

// apart puts a blank into sequences that would end a value, and into those that would
// begin one. The quote in "=';" belongs to both.
func apart(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "='", "= '"), "';", "' ;")
}

// ParseBlock reads the text of a block, without its length byte: fields of the form
// Word='value';. It skips all fields but StreamTitle and StreamUrl, for example those
// that mark advertisements. Quotes in a value are not escaped: the value ends at the
// first "';" before the end of the text or another field. ok is false if the text has
// no StreamTitle.
func ParseBlock(text []byte) (title, url string, ok bool) {
	rest := string(text)
	for {
		name, value, after, found := cutField(rest)
		switch {
		case !found && !ok:
			return "", "", false
		case !found:
			return title, url, true
		case strings.EqualFold(name, "StreamTitle") && !ok:
			title, ok = value, true
		case strings.EqualFold(name, "StreamUrl") && url == "":
			url = value
		}
		rest = after
	}
}

// cutField returns the first field of text, and the text after it.
func cutField(text string) (name, value, after string, found bool) {
	begin := strings.Index(text, "='")
	if begin < 0 {
		return "", "", "", false
	}
	name, text = text[:begin], text[begin+2:]
	name = name[len(strings.TrimRightFunc(name, isWord)):]
	for i := 0; ; {
		end := strings.Index(text[i:], "';")
		if end < 0 {
			value = strings.TrimRight(text, blockPadding)
			return name, strings.TrimSuffix(value, "'"), "", true // the semicolon is missing
		}
		i += end + 2
		after = strings.TrimLeft(text[i:], blockPadding)
		if after == "" || beginsField(after) {
			return name, text[:i-2], after, true
		}
	}
}

// blockPadding is the set of characters that may follow a field.
const blockPadding = "\x00 \t\r\n"

// beginsField reports whether text begins with a word and "='".
func beginsField(text string) bool {
	rest := strings.TrimLeftFunc(text, isWord)
	return len(rest) < len(text) && strings.HasPrefix(rest, "='")
}

func isWord(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// printable replaces by blanks all characters that would break block or header lines,
// or manipulate a display: control characters, line ends outside ASCII, and characters
// that change the direction of all text after them.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || '\u2028' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' {
			return ' '
		}
		return r
	}, s)
}
