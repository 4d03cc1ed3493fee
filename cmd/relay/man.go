package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"relay/internal/version"
)

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man [FOLDER]",
		Short: "Print the manual page, or write those of all commands to a folder",
		Example: `  relay man | man -l -   read the manual page
  relay man /tmp/pages   write relay.1, relay-check.1 and so on`,
		Args: takes(0, 1, "man writes its pages to one folder: relay man /tmp/pages"),
		RunE: func(cmd *cobra.Command, folders []string) error {
			date := version.Date()
			header := &doc.GenManHeader{Section: "1", Source: "relay " + version.Number, Manual: "relay", Date: &date}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			root.Long += "\n\n" + surroundingsTopic().Long // topics of help have no page
			if len(folders) == 0 {
				return doc.GenMan(root, header, cmd.OutOrStdout())
			}
			return doc.GenManTree(root, header, folders[0])
		},
	}
}
