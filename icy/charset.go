package icy

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// Text turns what a client sent into UTF-8 of one line: control
// characters and the like become blanks. charset is the name the client
// gave for it, in any spelling of the WHATWG list ("UTF8", "latin1",
// "ISO-8859-1"…). With no name, bytes that are valid UTF-8 are taken as such
// and anything else as Latin-1, which never fails. An unknown name is an
// error.
func Text(raw, charset string) (string, error) {
	charset = strings.TrimSpace(charset)
	if charset == "" {
		return printable(guessText(raw)), nil
	}
	enc, err := htmlindex.Get(charset)
	if err != nil {
		return "", fmt.Errorf("charset %q is not known", charset)
	}
	if name, _ := htmlindex.Name(enc); name == "utf-8" {
		// Some clients say UTF-8 and send Latin-1; replacement characters
		// would help nobody.
		return printable(guessText(raw)), nil
	}
	text, err := enc.NewDecoder().String(raw)
	if err != nil {
		return "", fmt.Errorf("text is not valid %s: %w", charset, err)
	}
	return printable(text), nil
}

func guessText(raw string) string {
	if utf8.ValidString(raw) {
		return raw
	}
	text, err := charmap.Windows1252.NewDecoder().String(raw)
	if err != nil { // a single-byte charset maps every byte
		return strings.ToValidUTF8(raw, "\uFFFD")
	}
	return text
}
