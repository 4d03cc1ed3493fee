// Command relay is an Icecast- and SHOUTcast-compatible radio server: run it,
// point DJ software at it, and listen.
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"relay/commandline"
	"relay/internal/logging"
)

// patience is how long the reader of standard output and standard error may take
// for what the program says beside its log.
const patience = time.Second

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
		logging.WriteWithin(os.Stderr, fmt.Appendf(nil, "relay: %v\n", err), patience)
		os.Exit(exitFailed)
	}
}
