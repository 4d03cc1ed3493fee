package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"relay"
	"relay/conf"
)

func initCommand() *cobra.Command {
	set := values{}
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a new relay.toml that explains every key",
		Long: `Init writes a configuration to start from: every key is explained, and the passwords are new.

The file is relay.toml unless another is named. Init never overwrites a file. Only the owner may read the new one, because it holds passwords.`,
		Example: "  relay init relay.toml",
		Args:    takes(0, 1, "init makes one file: relay init relay.toml"),
		RunE: func(cmd *cobra.Command, operands []string) error {
			path := "relay.toml"
			if len(operands) > 0 {
				path = operands[0]
			}
			return initialise(path, set, cmd.OutOrStdout())
		},
	}
	cmd.Flags().Var(set, "set", `key and value to write in place of a default, as in log.format='"json"'; may be repeated`)
	return cmd
}

// initialise writes a new configuration to path, and the next steps to w.
func initialise(path string, set values, w io.Writer) error {
	text, err := newConfiguration(relay.ExampleConfiguration, newPassword(), newPassword(), set)
	if err != nil {
		return err
	}
	c, err := conf.Parse(path, []byte(text))
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists already, and is left as it is", path)
	} else if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		os.Remove(path)
		return err
	}
	fmt.Fprintf(w, `%[1]s is written. The passwords, made for it and kept there:

  source   user %[2]s   password %[3]s
  admin    user %[4]s   password %[5]s

Change in it what you need, and then:

  relay check -c %[1]s   says what is wrong with it
  relay -c %[1]s         on the air
`, path, c.Auth.SourceUser, c.Auth.SourcePassword.Reveal(), c.Auth.AdminUser, c.Auth.AdminPassword.Reveal())
	return nil
}
