package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"relay"
	"relay/commandline"
	"relay/conf"
)

func initCommand() commandline.Command {
	return commandline.Command{
		Name:     "init",
		Operands: "[FILE]",
		Files:    true,
		Purpose:  "writes a relay.toml with every key explained, and fresh passwords",
		About:    "The file is relay.toml unless another is named. One that exists is left alone. Only its owner may read it, for the passwords.",
		Examples: []commandline.Entry{{Name: "relay init relay.toml", Text: "writes a configuration to begin with: every key explained, and fresh passwords"}},
		Declare: func(flags *flag.FlagSet) func([]string) error {
			set := values{}
			flags.Var(set, "set", "`key=value` to write in place of a default, as in log.format='\"json\"'; may be repeated")
			return func(operands []string) error {
				switch len(operands) {
				case 0:
					return initialise("relay.toml", set, os.Stdout)
				case 1:
					return initialise(operands[0], set, os.Stdout)
				}
				return commandline.Misuse("init makes one file: relay init relay.toml")
			}
		},
	}
}

// initialise writes a new configuration to path and tells on w what to do with
// it.
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
