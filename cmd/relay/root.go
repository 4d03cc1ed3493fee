package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// errUsage is the error of an invalid command line. No command has run.
type errUsage struct{ error }

// usagef returns an errUsage with a formatted message.
func usagef(format string, args ...any) error { return errUsage{fmt.Errorf(format, args...)} }

// rootCommand returns the whole command line: "relay", which serves, and its
// subcommands, each in a file of its own.
func rootCommand() *cobra.Command {
	root := serveCommand()
	root.AddCommand(initCommand(), checkCommand(), importCommand(), healthCommand(), versionCommand(), manCommand(), surroundingsTopic())
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return errUsage{err} })
	return root
}

// run executes a command line. It writes a usage error to trouble and returns an
// errUsage.
func run(args []string, out, trouble io.Writer) error {
	root := rootCommand()
	root.SetArgs(doubleDashes(args))
	root.SetOut(out)
	root.SetErr(trouble)
	err := root.Execute()
	var usage errUsage
	if errors.As(err, &usage) {
		fmt.Fprintf(trouble, "relay: %v\nRun \"relay help\" to see the commands and their options.\n", err)
	}
	return err
}

// doubleDashes converts options such as "-listen" to "--listen". Scripts and units for
// earlier releases have them with one dash.
func doubleDashes(args []string) []string {
	all := make([]string, 0, len(args))
	for i, arg := range args {
		if arg == "--" {
			return append(all, args[i:]...)
		}
		switch name, _, _ := strings.Cut(arg, "="); name {
		case "-listen", "-set", "-address", "-help", "-version":
			arg = "-" + arg
		}
		all = append(all, arg)
	}
	return all
}

// takes returns a check of the number of a command's operands. Its error contains
// usage.
func takes(least, most int, usage string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) > most && most == 0:
			return usagef("%q takes no operand, but %q is left over", cmd.CommandPath(), args[0])
		case len(args) < least || len(args) > most:
			return usagef("%s", usage)
		}
		return nil
	}
}

// withConfiguration adds the option -c to a command.
func withConfiguration(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", "", "configuration `file`: a relay.toml or an icecast.xml")
	cmd.MarkFlagFilename("config", "toml", "xml")
}

// surroundingsTopic is the help about relay's environment and exit status.
func surroundingsTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "environment",
		Short: "Environment variables, files, signals and exit statuses",
		Long: `Environment variables:

    RELAY_SOURCE_PASSWORD  password of sources, if the configuration has none
    RELAY_ADMIN_PASSWORD   password of the operator, if the configuration has none
    RELAY_DATA             folder for what the configuration names no place for:
                           passwords that relay makes, history and bans and, if
                           there is no configuration, mounts that are changed
                           by the API; the Docker image sets it to /data
    NOTIFY_SOCKET          socket on which systemd hears that relay is ready
    WATCHDOG_USEC          how often systemd expects a sign of life
    LISTEN_FDS             number of open sockets that systemd passes on; relay
                           uses those that match a configured address

Files:

    /etc/relay/relay.toml  configuration, if relay was installed as a package
    /usr/share/doc/relay/relay.example.toml
                           every key with its default

Signals:

    INT, TERM  disconnect sources and listeners, then stop with exit status 0
    HUP        reload the configuration; if it is wrong, keep the previous one

Exit statuses:

    0  done, or stopped by a signal
    1  failed; standard error says why
    2  the command line is wrong`,
	}
}
