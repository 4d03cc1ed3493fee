// Command relay is an Icecast- and SHOUTcast-compatible radio server: run it,
// point DJ software at it, and listen.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

// Exit statuses: the command line was wrong, or the work failed.
const (
	exitFailed = 1
	exitUsage  = 2
)

// errUsage says that the command line was wrong; the sentence is already out.
var errUsage = errors.New("usage")

func main() {
	err := dispatch(os.Args[1:])
	switch {
	case err == nil:
	case errors.Is(err, errUsage):
		os.Exit(exitUsage)
	default:
		fmt.Fprintf(os.Stderr, "relay: %v\n", err)
		os.Exit(exitFailed)
	}
}

// dispatch runs the command that args name; none means the server.
func dispatch(args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "check":
			return check(args[1:])
		case "import":
			return importIcecast(args[1:])
		case "health":
			return health(args[1:])
		case "version", "-version", "--version":
			return printVersion()
		case "help", "-h", "-help", "--help":
			fmt.Print(usage)
			return nil
		}
	}
	return serve(args)
}

// parseFlags reads the options of a command. What is wrong is printed with
// where to find help.
func parseFlags(flags *flag.FlagSet, args []string) error {
	flags.SetOutput(os.Stderr)
	flags.Usage = func() { fmt.Fprintln(os.Stderr, `"relay help" shows what there is.`) }
	if err := flags.Parse(args); err != nil {
		return errUsage
	}
	return nil
}
