package conf

import (
	"errors"
	"io/fs"
	"iter"
	"maps"
	"reflect"
	"strings"

	"github.com/BurntSushi/toml"

	"relay/internal/disk"
)

// Load reads the configuration file at path. An empty path means no file: the
// defaults, and the passwords from the environment.
//
// The error is an *Error, or several joined in the order of their lines. It wraps the
// system's error if the file cannot be read (fs.ErrNotExist …).
func Load(path string) (*Config, error) {
	if path == "" {
		return Parse("", nil)
	}
	text, err := disk.ReadFile(path)
	if err != nil {
		return nil, &Error{File: path, Problem: "cannot be read: " + systemReason(err), cause: err}
	}
	return Parse(path, text)
}

// Parse reads a configuration from text. name stands for the file in errors, and
// relative paths in the text start at the folder of name.
func Parse(name string, text []byte) (*Config, error) {
	return parseWith((*Config).check, name, text)
}

// Try is Parse on the machine for which the configuration is intended: it also checks
// the files of the certificate, since relay would not start without them.
func Try(name string, text []byte) (*Config, error) {
	return parseWith(func(c *Config, r *reader) {
		c.check(r)
		c.TLS.tryFiles(r, path{}.key("tls"))
	}, name, text)
}

// parseWith is Parse with check as an additional check.
func parseWith(check func(*Config, *reader), name string, text []byte) (*Config, error) {
	c, r, err := read(name, text)
	if err != nil {
		return nil, err
	}
	check(c, r)
	if err := r.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// read applies a text to the defaults. The reader holds the problems it found; the
// error is one of syntax.
func read(name string, text []byte) (*Config, *reader, error) {
	tables := make(map[string]any)
	if _, err := toml.Decode(string(text), &tables); err != nil {
		return nil, nil, syntaxError(name, string(text), err)
	}
	r := &reader{
		file:   name,
		lines:  keyLines(string(text)),
		values: make(map[string]any),
		failed: make(map[string]bool),
	}
	c := Default()
	r.table(path{}, tables, reflect.ValueOf(c).Elem())
	return c, r, nil
}

// syntaxError converts an error of the TOML parser to one sentence with a line. The
// parser quotes pieces of the text. They are left out for a line that may contain a
// secret without quotation marks.
func syntaxError(file, text string, err error) *Error {
	e := &Error{File: file, Line: 1, Problem: "not valid TOML: " + err.Error()}
	var syntax toml.ParseError
	if !errors.As(err, &syntax) {
		return e
	}
	// At an unexpected line end, the parser's own line number is one too high.
	text = strings.TrimPrefix(text, byteOrderMark)
	start := syntax.Position.Start
	if start < 0 || start > len(text) { // as for a control character at the beginning
		start = 0
	}
	before, after := text[:start], text[start:]
	e.Line = 1 + strings.Count(before, "\n")
	e.Problem = "not valid TOML: " + strings.TrimSuffix(oneLine.Replace(syntax.Message), ".")
	if strings.HasPrefix(syntax.Message, "expected value") {
		e.Problem += ` (text is written in quotes, "…")`
	}
	line := before[strings.LastIndex(before, "\n")+1:]
	switch rest, _, _ := strings.Cut(after, "\n"); {
	case strings.Contains(line+rest, "password"):
		e.Problem = `not valid TOML: a password is written as NAME = "…", in quotes, and each key once`
	case mayHoldSecret(line + rest):
		e.Problem = `not valid TOML: a text is written as NAME = "…", in quotes, and each key once`
	}
	return e
}

// mayHoldSecret reports whether a line contains a key whose value is a secret or an
// address with one.
func mayHoldSecret(line string) bool {
	for _, keys := range []iter.Seq[string]{maps.Keys(secretKeys), maps.Keys(addressNames)} {
		for name := range keys {
			if strings.Contains(line, name) {
				return true
			}
		}
	}
	return strings.Contains(line, "://")
}

// oneLine escapes line ends, so that a quoted piece of the text stays on one line.
var oneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// byteOrderMark is put at the beginning of a text by some editors.
const byteOrderMark = "\ufeff"

// systemReason returns the system's reason for a file error, without the operation and
// the path.
func systemReason(err error) string {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err.Error()
	}
	return err.Error()
}
