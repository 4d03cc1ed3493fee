package main

import (
	"flag"
	"os"

	"relay/commandline"
	"relay/version"
)

func manualCommand(p *commandline.Program) commandline.Command {
	return commandline.Command{
		Name:     "man",
		Purpose:  "prints the manual page",
		Examples: []commandline.Entry{{Name: "relay man | man -l -", Text: "shows the manual page"}},
		Declare: func(*flag.FlagSet) func([]string) error {
			return func([]string) error {
				return p.WriteManual(os.Stdout, version.Date())
			}
		},
	}
}
