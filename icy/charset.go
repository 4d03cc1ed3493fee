package icy

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"relay/internal/charset"
)

// Text converts text from a client, another server or a file to one line of UTF-8:
// control characters and the like become blanks. Every title and every station word
// follows this rule. Text never fails. It decides by these, in this order:
//
//   - a byte order mark, which is removed;
//   - named, the charset that came with the text (see charset.Find), unless the text
//     is invalid in it but valid UTF-8. Empty or unknown: no charset came with it;
//   - UTF-8, if the text is valid UTF-8: text in another charset is not, except a
//     letter or two by chance;
//   - usual, the charset of the mount;
//   - windows-1252, which is Latin-1 plus quotes and dashes, and decodes every byte.
func Text(raw, named, usual string) string {
	return printable(strings.TrimLeft(decode(raw, named, usual), "\ufeff"))
}

func decode(raw, named, usual string) string {
	if text, marked := byMark(raw); marked {
		return text
	}
	isUTF8 := utf8.ValidString(raw)
	if e := charset.Find(named); e != nil && e != charset.UTF8 {
		text, whole := decodeAs(e, raw)
		if whole || !isUTF8 {
			return text
		}
	}
	e := charset.Find(usual)
	if e == nil || e == charset.UTF8 {
		if isUTF8 {
			return raw
		}
		e = charmap.Windows1252
	}
	if isUTF8 && !isASCII(raw) { // in ISO-2022-JP and UTF-16, ASCII bytes mean something else
		return raw
	}
	text, _ := decodeAs(e, raw)
	return text
}

// KnowsCharset reports whether Text can decode the charset of this name.
func KnowsCharset(name string) bool { return charset.Find(name) != nil }

// byMark decodes text that begins with the byte order mark of UTF-16. Text with that of
// UTF-8 needs no decoding.
func byMark(raw string) (text string, marked bool) {
	if !strings.HasPrefix(raw, "\xff\xfe") && !strings.HasPrefix(raw, "\xfe\xff") {
		return "", false
	}
	text, _ = decodeAs(unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM), raw)
	return text, true
}

// decodeAs decodes raw; whole is false if some of its bytes are invalid in e.
func decodeAs(e encoding.Encoding, raw string) (text string, whole bool) {
	text, _, err := transform.String(e.NewDecoder(), raw)
	if err != nil {
		return strings.ToValidUTF8(raw, "\uFFFD"), false
	}
	return text, !strings.ContainsRune(text, utf8.RuneError)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
