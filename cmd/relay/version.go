package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"relay/internal/version"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print the version and how it was built",
		Args:              takes(0, 0, ""),
		ValidArgsFunction: cobra.NoFileCompletions,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintln(cmd.OutOrStdout(), versionText())
		},
	}
}

// versionText returns the release, the commit and the toolchain, in one line.
func versionText() string {
	return fmt.Sprintf("relay %s (commit %s, %s, %s/%s)", version.Number, version.Commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
