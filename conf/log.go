package conf

import (
	"slices"
	"strings"
)

// Log is [log]: what the program says about itself.
type Log struct {
	// Level is the least that is said: "debug", "info", "warn" or "error".
	Level string `toml:"level"`
	// Format is "console" for people or "json" for machines.
	Format string `toml:"format"`
}

func defaultLog() Log {
	return Log{Level: "info", Format: "console"}
}

func (l *Log) check(r *reader, p path) {
	oneOf(r, p.key("level"), l.Level, "debug", "info", "warn", "error")
	oneOf(r, p.key("format"), l.Format, "console", "json")
}

// oneOf reports a word that is none of those allowed.
func oneOf(r *reader, p path, word string, allowed ...string) {
	if slices.Contains(allowed, word) {
		return
	}
	last := len(allowed) - 1
	r.fail(p, `must be "%s" or "%s"`, strings.Join(allowed[:last], `", "`), allowed[last])
}
