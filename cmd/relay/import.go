package main

import (
	"errors"
	"flag"
	"io"
	"os"

	"relay/conf/icecast"
)

// importIcecast prints the relay.toml that an icecast.xml stands for.
func importIcecast(args []string) error {
	flags := flag.NewFlagSet("relay import", flag.ContinueOnError)
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New(`import which file? relay import icecast.xml > relay.toml ("-" reads standard input)`)
	}
	return convert(flags.Arg(0), os.Stdin, os.Stdout, os.Stderr)
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
