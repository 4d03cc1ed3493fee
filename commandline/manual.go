package commandline

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteManual writes the manual page of the program in mdoc(7), for section 1.
func (p *Program) WriteManual(w io.Writer, date time.Time) error {
	m := &manual{}
	m.macro("Dd", strings.Fields(date.Format("January 2, 2006"))...)
	m.macro("Dt", strings.ToUpper(p.Name), "1")
	m.macro("Os")
	m.macro("Sh", "NAME")
	m.macro("Nm", p.Name)
	m.macro("Nd", p.Purpose)
	m.macro("Sh", "SYNOPSIS")
	for _, c := range p.Commands {
		m.macro("Nm", p.Name)
		if c.Name != "" {
			m.macro("Cm", c.Name)
		}
		for _, o := range c.options() {
			m.macro("Op", o.arguments()...)
		}
		if c.Operands != "" {
			m.text(c.Operands)
		}
	}
	m.macro("Sh", "DESCRIPTION")
	m.text(p.About)
	m.commands(p)
	m.entries("ENVIRONMENT", "Ev", p.Environment)
	m.entries("FILES", "Pa", p.Files)
	m.entries("SIGNALS", "Dv", p.Signals)
	m.entries("EXIT STATUS", "Li", p.Statuses)
	m.macro("Sh", "EXAMPLES")
	for _, c := range p.Commands {
		for _, e := range c.Examples {
			m.text(sentence(e.Text))
			m.macro("Bd", "-literal", "-offset", "indent")
			m.line(e.Name)
			m.macro("Ed")
		}
	}
	_, err := io.WriteString(w, m.String())
	return err
}

// commands describes each command with its options.
func (m *manual) commands(p *Program) {
	for _, c := range p.Commands {
		title := "Without a command"
		if c.Name != "" {
			title = c.Name
		}
		m.macro("Ss", title)
		m.text(p.fullName(&c) + " " + c.Purpose + ".")
		if c.About != "" {
			m.macro("Pp")
			m.text(c.About)
		}
		options := c.options()
		if len(options) == 0 {
			continue
		}
		m.macro("Bl", "-tag", "-width", "Ds")
		for _, o := range options {
			m.macro("It", o.arguments()...)
			m.text(sentence(o.usage))
			if o.preset != "" {
				m.text("Unless given: " + o.preset + ".")
			}
		}
		m.macro("El")
	}
}

// manual collects the lines of a page.
type manual struct{ strings.Builder }

func (m *manual) entries(title, macro string, entries []Entry) {
	if len(entries) == 0 {
		return
	}
	m.macro("Sh", title)
	m.macro("Bl", "-tag", "-width", "Ds")
	for _, e := range entries {
		m.macro("It", macro, e.Name)
		m.text(sentence(e.Text))
	}
	m.macro("El")
}

// macro writes a line of a macro and its arguments.
func (m *manual) macro(name string, args ...string) {
	fmt.Fprintf(m, ".%s", name)
	for _, arg := range args {
		arg = escape(arg)
		if strings.Contains(arg, " ") {
			arg = `"` + strings.ReplaceAll(arg, `"`, `""`) + `"`
		}
		fmt.Fprintf(m, " %s", arg)
	}
	m.WriteByte('\n')
}

// text writes paragraphs; no line of them is taken for a macro. A sentence
// begins its line, as is good style in manual pages.
func (m *manual) text(paragraphs string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(paragraphs), "\n\n") {
		if i > 0 {
			m.macro("Pp")
		}
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			if len(line)+1+len(word) > 78 || strings.HasSuffix(line, ".") {
				m.line(line)
				line = ""
			}
			line = strings.TrimSpace(line + " " + word)
		}
		m.line(line)
	}
}

// line writes a line of text.
func (m *manual) line(text string) {
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		m.WriteString(`\&`)
	}
	m.WriteString(escape(text) + "\n")
}

// arguments are an option for the macros It and Op.
func (o option) arguments() []string {
	args := []string{"Fl", o.name}
	if o.value != "" {
		args = append(args, "Ar", o.value)
	}
	return args
}

func escape(text string) string { return strings.ReplaceAll(text, `\`, `\e`) }

// sentence begins a text with a capital and ends it with a full stop.
func sentence(text string) string {
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
