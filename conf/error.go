package conf

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Error is one problem of a configuration, printed like a compiler's message:
//
//	relay.toml:12: limits.flush_interval = "5m": must be between 20ms and 5s
type Error struct {
	File    string // as given to Load or Parse; empty for the environment
	Line    int    // from 1; 0 if the problem concerns the whole file
	Key     string // with its tables: "limits.flush_interval"; empty for the file itself
	Value   string // as in the file, shortened; never a password; empty if it would not help
	Problem string // the fault and the remedy

	cause error
}

// Error returns the whole problem in one line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			b.WriteString(":" + strconv.Itoa(e.Line))
		}
		b.WriteString(": ")
	}
	if e.Key != "" {
		b.WriteString(e.Key)
		if e.Value != "" {
			b.WriteString(" = " + e.Value)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Problem)
	return b.String()
}

// Unwrap returns the underlying error, such as the system's for an unreadable file, or
// nil.
func (e *Error) Unwrap() error { return e.cause }

// fail records a problem of the value at p. Only the first problem of each place
// counts: later ones are usually its consequences.
func (r *reader) fail(p path, format string, args ...any) {
	if r.failed[p.id] {
		return
	}
	r.failed[p.id] = true
	r.errs = append(r.errs, &Error{
		File:    r.file,
		Line:    r.line(p),
		Key:     p.shown,
		Value:   show(r.values[p.id]),
		Problem: fmt.Sprintf(format, args...),
	})
}

// line returns the line of p, or of the nearest enclosing table that has one.
func (r *reader) line(p path) int {
	for ; p.parent != nil; p = *p.parent {
		if n := r.lines[p.id]; n > 0 {
			return n
		}
	}
	return 0
}

// sorted returns all recorded problems in the order of the lines.
func (r *reader) sorted() []*Error {
	slices.SortStableFunc(r.errs, func(a, b *Error) int {
		return cmp.Or(a.Line-b.Line, strings.Compare(a.Key, b.Key))
	})
	return r.errs
}

// err returns all recorded problems in the order of the lines: nil, an *Error, or
// several joined.
func (r *reader) err() error {
	switch r.sorted(); len(r.errs) {
	case 0:
		return nil
	case 1:
		return r.errs[0]
	}
	all := make([]error, len(r.errs))
	for i, e := range r.errs {
		all[i] = e
	}
	return errors.Join(all...)
}

// maxShown is the maximum length of a value in an error, in characters.
const maxShown = 80

// urlLogin matches the login in an address.
var urlLogin = regexp.MustCompile(`(://)[^/?#@]*@`)

// show prints a value as TOML, shortened. It prints nothing for tables and dates; no
// key accepts a date.
func show(v any) string {
	var s string
	switch v := v.(type) {
	case nil, time.Time, map[string]any, []map[string]any:
		return ""
	case string:
		s = strconv.Quote(urlLogin.ReplaceAllString(v, "$1***@"))
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = show(item)
		}
		s = "[" + strings.Join(parts, ", ") + "]"
	default:
		s = fmt.Sprint(v)
	}
	if runes := []rune(s); len(runes) > maxShown {
		s = string(runes[:maxShown]) + "…"
	}
	return s
}
