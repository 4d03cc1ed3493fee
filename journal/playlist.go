package journal

import (
	"fmt"
	"strings"
	"time"
)

// Title writes the line of a title that went on the air: time, mount,
// listeners, title. It does not wait.
func (j *Journal) Title(mount string, listeners int, title string) {
	if j == nil || j.playlist == nil {
		return
	}
	j.put(j.playlist, fmt.Appendf(nil, "%s|%s|%d|%s\n",
		time.Now().Format(accessTime), field.Replace(mount), listeners, field.Replace(title)))
}

// field keeps a mount's name or title from breaking the line. A bar within a
// title stays: it is the last field.
var field = strings.NewReplacer("\r", " ", "\n", " ")
