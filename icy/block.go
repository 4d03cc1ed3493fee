package icy

import (
	"strings"
	"unicode"
)

const (
	// maxBlockText is the longest text a block can hold, in bytes: 255 × 16.
	maxBlockText = 255 * 16

	// LongestTitle is the longest title a block has room for, in bytes.
	LongestTitle = maxBlockText - len("StreamTitle='") - len("';")
)

// EmptyBlock is the block that says "nothing new".
var EmptyBlock = []byte{0}

// AppendBlock appends the metadata block that announces title and, unless it is
// empty, url as StreamUrl. Control characters become blanks. Quotes stay, since no
// player would undo an escape, but a blank separates those that could end the title
// or begin another field; in url they are escaped. A title too long for the block is
// cut after its last whole character that fits, a url that no longer fits is left out.
func AppendBlock(dst []byte, title, url string) []byte {
	const before, after, beforeURL = "StreamTitle='", "';", "StreamUrl='"
	title = CutText(inField.Replace(printable(title)), LongestTitle)
	if strings.HasSuffix(title, "=") {
		title = CutText(title, LongestTitle-1) + " "
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

// inField parts what ends a value, and what begins one.
var inField = strings.NewReplacer("';", "' ;", "='", "= '")

// ParseBlock reads the text of a block, its length byte taken off: fields of the form
// Word='value';, of which others than StreamTitle and StreamUrl, such as the marks of
// advertisements, are passed over. Quotes in a value are not escaped: it ends at the
// first "';" that the end or another field follows. ok is false when the text has no
// StreamTitle.
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

// cutField returns the first field in a text, and what follows it.
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
			return name, strings.TrimSuffix(value, "'"), "", true // without its semicolon
		}
		i += end + 2
		after = strings.TrimLeft(text[i:], blockPadding)
		if after == "" || beginsField(after) {
			return name, text[:i-2], after, true
		}
	}
}

// blockPadding is what may stand between fields and behind them.
const blockPadding = "\x00 \t\r\n"

// beginsField reports whether a text begins with a word and "='".
func beginsField(text string) bool {
	rest := strings.TrimLeftFunc(text, isWord)
	return len(rest) < len(text) && strings.HasPrefix(rest, "='")
}

func isWord(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
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
