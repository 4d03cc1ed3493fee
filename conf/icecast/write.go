package icecast

import (
	"bytes"
	"fmt"
	"path/filepath"
)

// TOML is the configuration as a relay.toml: what differs from relay's
// defaults, with a comment for everything that has no counterpart.
func (c *Config) TOML() []byte { return c.write().b.Bytes() }

func (c *Config) write() *text {
	o := &text{from: make(map[int]*element)}
	o.print(nil, "# Made from %s by relay import.", remark(filepath.Base(c.file)))
	o.print(nil, "# What is not here is relay's default; relay.example.toml shows every setting.")
	for _, t := range c.tables() {
		o.table(t)
	}
	if len(c.notes) > 0 {
		o.print(nil, "")
		o.print(nil, "# What has no counterpart:")
		o.print(nil, "#")
		o.notes(c.notes)
	}
	return o
}

// text is TOML that grows, with the element of the XML behind each line of it.
type text struct {
	b    bytes.Buffer
	line int // the last one, from 1
	from map[int]*element
}

// print writes one line.
func (o *text) print(from *element, format string, args ...any) {
	fmt.Fprintf(&o.b, format+"\n", args...)
	o.line++
	if from != nil {
		o.from[o.line] = from
	}
}

// table writes a table with all that is in it, or nothing if that is nothing.
func (o *text) table(t *table) {
	if t.isEmpty() {
		return
	}
	header := "[" + t.name + "]"
	if t.array {
		header = "[" + header + "]"
	}
	if _, known := setting(t.name); !known {
		header = "# " + header
	}
	o.print(nil, "")
	o.print(t.from, "%s", header)
	width := t.width()
	for _, l := range t.lines {
		line := fmt.Sprintf("%-*s = %s", width, l.name, l.value)
		if l.off {
			line = "# " + l.name + " = " + l.value
		}
		if l.note != "" {
			line += "  # " + remark(l.note)
		}
		o.print(l.from, "%s", line)
	}
	o.notes(t.notes)
	for _, b := range t.below {
		o.table(b)
	}
}

// notes writes what was lost as comments. What is pending has its line above.
func (o *text) notes(notes []Note) {
	for _, n := range notes {
		if n.Kind != Pending {
			o.print(nil, "# line %d: %s", n.Line, n.shown)
			o.print(nil, "#   %s", remark(n.Why))
		}
	}
}
