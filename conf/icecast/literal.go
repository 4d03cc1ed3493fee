package icecast

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"relay/conf"
)

// literal is a value as TOML writes it.
func literal(v any) string {
	switch v := v.(type) {
	case conf.Secret:
		return quoted(v.Reveal())
	case fmt.Stringer:
		return quoted(v.String())
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return quoted(r.String())
	case reflect.Slice:
		items := make([]string, r.Len())
		for i := range items {
			items[i] = literal(r.Index(i).Interface())
		}
		return "[" + strings.Join(items, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}

// quoted is a text as a basic string, in which TOML allows no control
// characters as they are.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range strings.ToValidUTF8(s, "\ufffd") {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case unicode.IsControl(c):
			fmt.Fprintf(&b, `\u%04X`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// longestRemark is how much of an element a comment repeats, in characters.
const longestRemark = 200

// remark is a text for a comment: in one line, without control characters,
// shortened.
func remark(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "\ufffd"))
	if runes := []rune(s); len(runes) > longestRemark {
		s = string(runes[:longestRemark]) + "…"
	}
	return s
}
