package main

import (
	"flag"
	"os"

	"relay/commandline"
)

func helpCommand(p *commandline.Program) commandline.Command {
	return commandline.Command{
		Name:     "help",
		Aliases:  []string{"-h", "-help", "--help"},
		Operands: "[COMMAND]",
		Words:    append(p.Names(), "help"),
		Purpose:  "shows what there is",
		Examples: []commandline.Entry{{Name: "relay help", Text: "shows this"}},
		Declare: func(*flag.FlagSet) func([]string) error {
			return func(names []string) error {
				if len(names) == 0 {
					return p.WriteHelp(os.Stdout)
				}
				return p.WriteCommandHelp(os.Stdout, names[0])
			}
		},
	}
}
