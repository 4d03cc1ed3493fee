package main

import (
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

// check reads a configuration and reports everything that is wrong with it.
func check(path string) error {
	if _, err := loadConfiguration(path, os.Stderr); err != nil {
		return err
	}
	fmt.Printf("%s is fine\n", path)
	return nil
}
