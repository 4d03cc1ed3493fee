package icecast

import (
	"bytes"
	"fmt"
	"path/filepath"
)

// TOML returns the configuration as a relay.toml: the values that differ from relay's
// defaults, with a comment for everything without a counterpart.
func (c *Config) TOML() []byte { return c.write().b.Bytes() }

func (c *Config) write() *text {
	o := &text{from: make(map[int]*element)}
	o.print(nil, "# Made from %s by relay import.", remark(filepath.Base(c.file)))
	o.print(nil, "# Missing keys have relay's defaults; relay.example.toml shows every key.")
	for _, t := range c.tables() {
		o.table(t)
	}
	if len(c.notes) > 0 {
		o.print(nil, "")
		o.print(nil, "# Settings without a counterpart:")
		o.print(nil, "#")
		o.notes(c.notes)
	}
	return o
}

// text is TOML in the making, with the element of the XML for each line.
type text struct {
	b    bytes.Buffer
	line int // the last line, from 1
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

// table writes a table with its content, or nothing if it is empty.
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

// notes writes notes as comments. A pending setting has its line above its note.
func (o *text) notes(notes []Note) {
	for _, n := range notes {
		if n.Kind != Pending {
			o.print(nil, "# line %d: %s", n.Line, n.shown)
			o.print(nil, "#   %s", remark(n.Why))
		}
	}
}
