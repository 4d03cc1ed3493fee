package main

import (
	"flag"
	"fmt"
	"runtime"

	"relay/commandline"
	"relay/version"
)

func versionCommand() commandline.Command {
	return commandline.Command{
		Name:     "version",
		Aliases:  []string{"-version", "--version"},
		Purpose:  "says which relay this is",
		Examples: []commandline.Entry{{Name: "relay version", Text: "says which relay this is, and how it was built"}},
		Declare: func(*flag.FlagSet) func([]string) error {
			return func([]string) error {
				fmt.Printf("relay %s (commit %s, %s, %s/%s)\n",
					version.Number, version.Commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
				return nil
			}
		},
	}
}
