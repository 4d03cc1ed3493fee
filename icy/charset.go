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

// Text turns what a client, another server or a file says into UTF-8 of one line:
// control characters and the like become blanks. It is the rule for every title and
// for every word of a station, and never fails. What counts is, in this order:
//
//   - a byte order mark, which is left out;
//   - named, the charset that came with the text (see charset.Find), unless the text
//     cannot be in it but is UTF-8. Empty or unknown: none came;
//   - UTF-8, if the text is valid as such: no text in another charset is, but for a
//     letter or two by chance;
//   - usual, the charset of the mount;
//   - windows-1252, which is Latin-1 with its quotes and dashes, and has all bytes.
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
	if isUTF8 && !isASCII(raw) { // ASCII stands for something else in ISO-2022-JP and UTF-16
		return raw
	}
	text, _ := decodeAs(e, raw)
	return text
}

// KnowsCharset reports whether Text can go by a charset of this name.
func KnowsCharset(name string) bool { return charset.Find(name) != nil }

// byMark decodes a text that begins with the byte order mark of UTF-16. That of UTF-8
// needs no decoding.
func byMark(raw string) (text string, marked bool) {
	if !strings.HasPrefix(raw, "\xff\xfe") && !strings.HasPrefix(raw, "\xfe\xff") {
		return "", false
	}
	text, _ = decodeAs(unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM), raw)
	return text, true
}

// decodeAs decodes a text; whole is false where bytes of it are nothing in e.
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
