package commandline

import (
	"fmt"
	"strings"
)

func (p *Program) fish() string {
	var b strings.Builder
	b.WriteString(p.origin("fish"))
	for _, c := range p.Commands {
		condition := "__fish_seen_subcommand_from " + c.Name
		if c.Name == "" {
			condition = "not __fish_seen_subcommand_from " + strings.Join(p.Names(), " ")
		}
		line := func(format string, args ...any) {
			fmt.Fprintf(&b, "complete -c %s -n %s %s\n", p.Name, quoted(condition), fmt.Sprintf(format, args...))
		}
		if !c.Files {
			line("-f")
		}
		for _, o := range c.options() {
			kind, value := "-o", ""
			if len(o.name) == 1 {
				kind = "-s"
			}
			switch {
			case o.takesFile():
				value = " -r -F"
			case o.value != "":
				value = " -x"
			}
			line("%s %s%s -d %s", kind, o.name, value, quoted(o.usage))
		}
		if len(c.Words) > 0 {
			line("-a %s", quoted(strings.Join(c.Words, " ")))
		}
	}
	for _, c := range p.Commands[1:] {
		fmt.Fprintf(&b, "complete -c %s -n __fish_use_subcommand -a %s -d %s\n", p.Name, c.Name, quoted(c.Purpose))
	}
	return b.String()
}
