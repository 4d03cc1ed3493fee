package main

import (
	"flag"
	"io"
	"os"

	"relay/commandline"
	"relay/conf/icecast"
)

func importCommand() commandline.Command {
	return commandline.Command{
		Name:     "import",
		Operands: "FILE",
		Files:    true,
		Purpose:  "prints the relay.toml that an icecast.xml stands for",
		About:    `What relay does otherwise or not at all is told on standard error. The file "-" is standard input.`,
		Examples: []commandline.Entry{{
			Name: "relay import icecast.xml > relay.toml",
			Text: "the configuration of an Icecast in relay's own words, and what relay does otherwise",
		}},
		Declare: func(*flag.FlagSet) func([]string) error {
			return func(operands []string) error {
				if len(operands) != 1 {
					return commandline.Misuse(`import which file? relay import icecast.xml > relay.toml ("-" reads standard input)`)
				}
				return convert(operands[0], os.Stdin, os.Stdout, os.Stderr)
			}
		},
	}
}

// convert writes the TOML for the icecast.xml at path, or in stdin for "-", and
// tells what it cannot say.
func convert(path string, stdin io.Reader, toml, notes io.Writer) error {
	text, err := readInput(path, stdin)
	if err != nil {
		return err
	}
	if path == "-" {
		path = "icecast.xml"
	}
	c, err := icecast.Parse(path, text)
	if err != nil {
		return err
	}
	if _, err := toml.Write(c.TOML()); err != nil {
		return err
	}
	tellNotes(notes, path, c.Notes())
	_, err = c.Load()
	return err
}

func readInput(path string, stdin io.Reader) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(path)
}
