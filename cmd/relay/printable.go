package main

import (
	"bytes"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"
)

// printableEncoder escapes the characters of a log line that are not printable, as JSON
// does: clients choose names, agents and titles, and must not control a terminal that
// shows the log. JSON itself only escapes C0.
type printableEncoder struct{ zapcore.Encoder }

func (e printableEncoder) Clone() zapcore.Encoder { return printableEncoder{e.Encoder.Clone()} }

func (e printableEncoder) EncodeEntry(entry zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	line, err := e.Encoder.EncodeEntry(entry, fields)
	if err != nil {
		return nil, err
	}
	text := bytes.TrimSuffix(line.Bytes(), []byte(zapcore.DefaultLineEnding))
	if escaped := appendPrintable(nil, text); len(escaped) > len(text) {
		line.Reset()
		line.Write(escaped)
		line.AppendString(zapcore.DefaultLineEnding)
	}
	return line, nil
}

// appendPrintable appends text, with unprintable characters as \u and four digits.
func appendPrintable(dst, text []byte) []byte {
	const digits = "0123456789abcdef"
	escape := func(c rune) {
		dst = append(dst, '\\', 'u', digits[c>>12&15], digits[c>>8&15], digits[c>>4&15], digits[c&15])
	}
	for len(text) > 0 {
		c, size := utf8.DecodeRune(text)
		switch high, low := utf16.EncodeRune(c); {
		case unicode.IsPrint(c) && (c != utf8.RuneError || size > 1):
			dst = append(dst, text[:size]...)
		case high != unicode.ReplacementChar:
			escape(high)
			escape(low)
		default:
			escape(c)
		}
		text = text[size:]
	}
	return dst
}
