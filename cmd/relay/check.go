package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"relay/server"
)

func checkCommand() *cobra.Command {
	var path string
	var withoutFiles bool
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a configuration and change nothing",
		Long: `Check says what is wrong with a configuration, and changes nothing.

A file or folder that the configuration names and that does not exist, cannot be read or cannot be written is wrong too, as this user and this machine are now. The server would start without it, since a disk may be mounted later; with --without-files check does not look either.

It warns of music in which nothing can be played, of passwords that are easy to guess, of secrets that other users of the machine can read, of a page that is open beside one that needs a login, and of a limit of open files that is too low. Warnings do not change the exit status.`,
		Example: "  relay check -c relay.toml",
		RunE: func(_ *cobra.Command, operands []string) error {
			if path != "" {
				operands = append(operands, path)
			}
			if len(operands) != 1 {
				return usagef("check one file: relay check -c relay.toml")
			}
			return check(operands[0], !withoutFiles)
		},
	}
	withConfiguration(cmd, &path)
	cmd.Flags().BoolVar(&withoutFiles, "without-files", false, "do not look at music, logs and other files that a server can start without")
	return cmd
}

// check reads a configuration and reports everything that is wrong with it and, if
// files is set, with the files in it. It also warns of settings that are probably
// unintended; a warning is not a failure.
func check(path string, files bool) error {
	c, err := loadConfiguration(path, os.Stderr)
	if err != nil {
		return err
	}
	var problems, warnings []error
	if files {
		missing, doubts := places(path)
		for _, p := range missing {
			problems = append(problems, p)
		}
		for _, w := range doubts {
			warnings = append(warnings, w)
		}
	}
	for _, w := range review(context.Background(), path) {
		warnings = append(warnings, w)
	}
	if needed, given := server.TooFewDescriptors(c); needed > 0 {
		warnings = append(warnings, fmt.Errorf("%s needs %d open files and a program that is started here may have %d: raise the limit (ulimit -n, LimitNOFILE)", path, needed, given))
	}
	for _, w := range warnings {
		fmt.Fprintf(os.Stderr, "warning: %v\n", w)
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
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
