package accesslog

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Title writes the line of a title that goes on the air: time, mount, listeners, title.
// It does not wait.
func (l *Logs) Title(mount string, listeners int, title string) {
	if l == nil || l.playlist == nil {
		return
	}
	l.playlist.put(fmt.Appendf(nil, "%s|%s|%d|%s\n",
		time.Now().Format(accessTime), field(mount), listeners, field(title)))
}

// field prevents a mount's name or title from breaking the line or controlling the
// terminal that shows it. A bar within a title stays, since the title is the last
// field.
func field(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == '\u2028' || c == '\u2029' {
			return ' '
		}
		return c
	}, s)
}
