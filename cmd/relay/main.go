// Command relay is an Icecast- and SHOUTcast-compatible radio server: run it,
// point DJ software at it, and listen.
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"relay/internal/logging"
)

// patience is how long the reader of standard output and standard error may take for
// the program's messages outside the log.
const patience = time.Second

// Exit statuses: the work failed, or the command line was wrong.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	var usage errUsage
	switch {
	case err == nil:
	case errors.As(err, &usage): // run has reported the error
		os.Exit(exitUsage)
	default:
		logging.WriteWithin(os.Stderr, fmt.Appendf(nil, "relay: %v\n", err), patience)
		os.Exit(exitFailed)
	}
}
