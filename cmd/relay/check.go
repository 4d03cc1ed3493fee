package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"relay/commandline"
)

func checkCommand() commandline.Command {
	return commandline.Command{
		Name:     "check",
		Operands: "[FILE]",
		Files:    true,
		Purpose:  "says what is wrong with a configuration, and changes nothing",
		About:    "Warns of passwords that are easy to guess, of secrets that others on the machine can read, and of what is open beside something closed. Warnings are no failure.",
		Examples: []commandline.Entry{{Name: "relay check -c relay.toml", Text: "says what is wrong with a configuration, and changes nothing"}},
		Declare: func(flags *flag.FlagSet) func([]string) error {
			path := flags.String("c", "", "the configuration `file`")
			return func(operands []string) error {
				if *path != "" {
					operands = append(operands, *path)
				}
				if len(operands) != 1 {
					return commandline.Misuse("check one file: relay check -c relay.toml")
				}
				return check(operands[0])
			}
		},
	}
}

// check reads a configuration and reports everything that is wrong with it, and
// warns of what works and is likely not meant, which is no failure.
func check(path string) error {
	if _, err := loadConfiguration(path, os.Stderr); err != nil {
		return err
	}
	warnings := review(context.Background(), path)
	for _, w := range warnings {
		fmt.Fprintf(os.Stderr, "warning: %v\n", w)
	}
	switch len(warnings) {
	case 0:
		fmt.Printf("%s is fine\n", path)
	case 1:
		fmt.Printf("%s works; see the warning\n", path)
	default:
		fmt.Printf("%s works; see the %d warnings\n", path, len(warnings))
	}
	return nil
}
