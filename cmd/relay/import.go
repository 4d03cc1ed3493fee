package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"relay/conf/icecast"
)

func importCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE",
		Short: "Convert an icecast.xml to a relay.toml",
		Long: `Import prints the relay.toml that does what an icecast.xml does. Standard error names each setting that relay treats differently or does not have.

The file "-" is standard input.`,
		Example: "  relay import icecast.xml > relay.toml",
		Args:    takes(1, 1, `import which file? relay import icecast.xml > relay.toml ("-" reads standard input)`),
		RunE: func(cmd *cobra.Command, operands []string) error {
			return convert(operands[0], cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
}

// convert writes the TOML for the icecast.xml at path, or in stdin for "-", and lists
// on notes the settings that it cannot convert.
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
