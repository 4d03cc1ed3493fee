package commandline

import (
	"fmt"
	"io"
	"strings"
)

// WriteHelp shows everything the program does.
func (p *Program) WriteHelp(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s\n\n", p.Name, p.Purpose)
	for _, c := range p.Commands {
		writeEntries(&b, c.Examples)
	}
	writeSection(&b, "Environment", p.Environment)
	writeSection(&b, "Signals", p.Signals)
	fmt.Fprintf(&b, "\n%q tells more of a command and its options.\n", p.Name+" help COMMAND")
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteCommandHelp shows all there is to know of a command.
func (p *Program) WriteCommandHelp(w io.Writer, name string) error {
	c := p.command(name)
	if c == nil {
		return fmt.Errorf("there is no command %q; there are %s", name, strings.Join(p.Names(), ", "))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n\n  %s\n", p.fullName(c), c.Purpose, p.synopsis(c))
	if c.About != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(c.About))
	}
	var options []Entry
	for _, o := range c.options() {
		text := o.usage
		if o.preset != "" {
			text += " (" + o.preset + " unless given)"
		}
		options = append(options, Entry{strings.TrimSpace("-" + o.name + " " + strings.ToUpper(o.value)), text})
	}
	writeSection(&b, "Options", options)
	writeSection(&b, "Examples", c.Examples)
	_, err := io.WriteString(w, b.String())
	return err
}

// synopsis is a command with what it takes.
func (p *Program) synopsis(c *Command) string {
	line := p.fullName(c)
	for _, o := range c.options() {
		line += " [" + strings.TrimSpace("-"+o.name+" "+strings.ToUpper(o.value)) + "]"
	}
	return strings.TrimSpace(line + " " + c.Operands)
}

func writeSection(b *strings.Builder, title string, entries []Entry) {
	if len(entries) > 0 {
		fmt.Fprintf(b, "\n%s:\n", title)
		writeEntries(b, entries)
	}
}

// writeEntries sets names and texts in two columns. A name that is too long
// for the first has a line of its own.
func writeEntries(b *strings.Builder, entries []Entry) {
	const column = 25
	for _, e := range entries {
		if len(e.Name) > column {
			fmt.Fprintf(b, "  %s\n  %-*s %s\n", e.Name, column, "", e.Text)
		} else {
			fmt.Fprintf(b, "  %-*s %s\n", column, e.Name, e.Text)
		}
	}
}
