package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

// check reads a configuration and reports everything that is wrong with it.
func check(args []string) error {
	flags := flag.NewFlagSet("relay check", flag.ContinueOnError)
	path := flags.String("c", "", "the configuration `file`")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if *path == "" && flags.NArg() == 1 {
		*path = flags.Arg(0)
	}
	if *path == "" {
		return errors.New("check which file? relay check -c relay.toml")
	}
	if _, err := loadConfiguration(*path, os.Stderr); err != nil {
		return err
	}
	fmt.Printf("%s is fine\n", *path)
	return nil
}
