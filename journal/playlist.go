package journal

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Title writes the line of a title that went on the air: time, mount,
// listeners, title. It does not wait.
func (j *Journal) Title(mount string, listeners int, title string) {
	if j == nil || j.playlist == nil {
		return
	}
	j.playlist.put(fmt.Appendf(nil, "%s|%s|%d|%s\n",
		time.Now().Format(accessTime), field(mount), listeners, field(title)))
}

// field keeps a mount's name or title from breaking the line, or from steering
// the terminal that shows it. A bar within a title stays: it is the last field.
func field(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == '\u2028' || c == '\u2029' {
			return ' '
		}
		return c
	}, s)
}
