// Command relay is an Icecast- and SHOUTcast-compatible radio server: run it,
// point DJ software at it, and listen.
package main

import (
	"errors"
	"fmt"
	"os"

	"relay/commandline"
)

// Exit statuses: the work failed, or the command line was wrong.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	err := program().Run(os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil:
	case errors.Is(err, commandline.ErrUsage):
		os.Exit(exitUsage)
	default:
		fmt.Fprintf(os.Stderr, "relay: %v\n", err)
		os.Exit(exitFailed)
	}
}
