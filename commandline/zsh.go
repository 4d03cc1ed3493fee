package commandline

import (
	"fmt"
	"strings"
)

func (p *Program) zsh() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#compdef %s\n%s", p.Name, p.origin("zsh"))
	fmt.Fprintf(&b, "_%s() {\n  local -a commands=(\n", p.Name)
	for _, c := range p.Commands[1:] {
		fmt.Fprintf(&b, "    %s\n", quoted(c.Name+":"+c.Purpose))
	}
	b.WriteString("  )\n  if (( CURRENT > 2 )); then\n    case $words[2] in\n")
	for _, c := range p.Commands[1:] {
		fmt.Fprintf(&b, "    %s)\n      shift words; (( CURRENT-- ))\n      _arguments%s\n      return ;;\n", c.Name, zshArguments(&c))
	}
	fmt.Fprintf(&b, "    esac\n  else\n    _describe command commands\n  fi\n  _arguments%s\n}\n", zshArguments(&p.Commands[0]))
	// Read by the shell's own loader, the file is the function's first call.
	fmt.Fprintf(&b, "if [ \"$funcstack[1]\" = _%[1]s ]; then\n  _%[1]s \"$@\"\nelse\n  compdef _%[1]s %[1]s\nfi\n", p.Name)
	return b.String()
}

// zshArguments are the options and operands of a command for _arguments.
func zshArguments(c *Command) string {
	var b strings.Builder
	for _, o := range c.options() {
		argument := fmt.Sprintf("-%s[%s]", o.name, strings.NewReplacer("[", "(", "]", ")", ":", `\:`).Replace(o.usage))
		switch {
		case o.takesFile():
			argument += ":" + o.value + ":_files"
		case o.value != "":
			argument += ":" + o.value + ": "
		}
		b.WriteString(" " + quoted(argument))
	}
	switch {
	case c.Files:
		b.WriteString(" '*:file:_files'")
	case len(c.Words) > 0:
		b.WriteString(" " + quoted("1:word:("+strings.Join(c.Words, " ")+")"))
	case b.Len() == 0:
		b.WriteString(" ': '") // nothing follows
	}
	return b.String()
}
