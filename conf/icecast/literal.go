package icecast

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"relay/conf"
)

// literal writes a value as TOML.
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
	case reflect.Map:
		var items []string
		for _, key := range r.MapKeys() {
			items = append(items, quoted(key.String())+" = "+literal(r.MapIndex(key).Interface()))
		}
		if len(items) == 0 {
			return "{}"
		}
		slices.Sort(items)
		return "{ " + strings.Join(items, ", ") + " }"
	default:
		return fmt.Sprint(v)
	}
}

// quoted writes a text as a basic string, in which TOML requires control characters to
// be escaped.
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

// maxRemark is the maximum length of an element in a comment, in characters.
const maxRemark = 200

// remark returns a text for a comment: one line, without control characters, shortened.
func remark(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "\ufffd"))
	if runes := []rune(s); len(runes) > maxRemark {
		s = string(runes[:maxRemark]) + "…"
	}
	return s
}
