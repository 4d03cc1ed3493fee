package main

import (
	"flag"
	"os"
	"strings"

	"relay/commandline"
)

func completionCommand(p *commandline.Program) commandline.Command {
	return commandline.Command{
		Name:     "completion",
		Operands: strings.Join(commandline.Shells, " | "),
		Words:    commandline.Shells,
		Purpose:  "prints what a shell needs to complete this command line",
		About:    "Packages install it. By hand: put the line of the example into ~/.bashrc, or the output where your zsh ($fpath, as _relay) or fish (~/.config/fish/completions/relay.fish) looks for it.",
		Examples: []commandline.Entry{{Name: "source <(relay completion bash)", Text: "lets the shell complete this command line (zsh and fish as well)"}},
		Declare: func(*flag.FlagSet) func([]string) error {
			return func(shells []string) error {
				if len(shells) != 1 {
					return commandline.Misuse("completion for which shell? " + strings.Join(commandline.Shells, ", "))
				}
				return p.WriteCompletion(os.Stdout, shells[0])
			}
		},
	}
}
