package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"relay/commandline"
	"relay/server"
)

func checkCommand() commandline.Command {
	return commandline.Command{
		Name:     "check",
		Operands: "[FILE]",
		Files:    true,
		Purpose:  "says what is wrong with a configuration, and changes nothing",
		About:    "Warns of passwords that are easy to guess, of secrets that others on the machine can read, of what is open beside something closed, and of a limit of open files that is too low. Warnings are no failure.",
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
	c, err := loadConfiguration(path, os.Stderr)
	if err != nil {
		return err
	}
	var warnings []error
	for _, w := range review(context.Background(), path) {
		warnings = append(warnings, w)
	}
	if needed, given := server.TooFewDescriptors(c); needed > 0 {
		warnings = append(warnings, fmt.Errorf("%s needs %d open files and a program that is started here may have %d: raise the limit (ulimit -n, LimitNOFILE)", path, needed, given))
	}
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
