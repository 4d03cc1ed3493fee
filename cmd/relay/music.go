package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"relay/conf"
	"relay/icy"
	"relay/ingest/autodj"
	"relay/internal/disk"
	"relay/internal/interlude"
	"relay/mounts"
)

// findMusic returns an error for a file or folder that does not exist. A name that
// looks like a word is more likely a misspelt command.
func findMusic(cmd *cobra.Command, named []string) error {
	for i, music := range named {
		_, err := disk.Stat(music)
		switch {
		case err == nil:
		case i == 0 && errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(music, "./"):
			if near := cmd.SuggestionsFor(music); len(near) > 0 {
				return usagef("no command, file or folder %q; did you mean %q?", music, "relay "+near[0])
			}
			return usagef("no command, file or folder %q", music)
		default:
			return fmt.Errorf("cannot play %s: %w", music, errors.Unwrap(err))
		}
	}
	return nil
}

// musicOf lists the music of every mount that has some: that of the configuration, and,
// on the default mount, the music on the command line. The interlude plays in addition
// where it is configured and, without a configuration, on the default mount.
func musicOf(c *conf.Config, unconfigured bool, named []string) (all []autodj.Music) {
	withFiles := func(mount string, files conf.Files) {
		all = append(all, autodj.Music{Mount: mount, Station: stationOf(mount, files.Paths), Files: files})
	}
	for _, m := range c.Mounts {
		if len(m.Files.Paths) > 0 && !(m.Name == defaultMount && len(named) > 0) {
			withFiles(m.Name, c.Mount(m.Name).Files)
		}
	}
	if len(named) > 0 {
		files := conf.Default().Mount(defaultMount).Files
		files.Paths, files.Order = named, conf.OrderSequence
		withFiles(defaultMount, files)
	}
	if unconfigured {
		all = append(all, interludeOn(defaultMount))
	}
	for _, m := range c.Mounts {
		if m.Interlude && !(unconfigured && m.Name == defaultMount) {
			all = append(all, interludeOn(m.Name))
		}
	}
	return all
}

// interludeOn returns the interlude as music for a mount that has nothing else to play.
func interludeOn(mount string) autodj.Music {
	return autodj.Music{
		Mount:   mount,
		Spare:   true,
		Station: icy.Station{Name: "relay", Description: "Music until a DJ connects"},
		Track: autodj.MemoryTrack{
			Name: mounts.Title{Text: interlude.Artist + " - " + interlude.Title},
			MP3:  interlude.MP3,
		},
	}
}

// stationOf names a station of files after its only folder, otherwise after its mount.
// A configured title takes precedence over both.
func stationOf(mount string, paths []string) icy.Station {
	name := ""
	if len(paths) == 1 {
		if info, err := disk.Stat(paths[0]); err == nil && info.IsDir() {
			if path, err := filepath.Abs(paths[0]); err == nil {
				name = filepath.Base(path)
			}
		}
	}
	return icy.Station{Name: cmp.Or(name, mount[1:])}
}

// roundsFolder returns the folder in which AutoDJ keeps what it has played: beside the
// history or, if that has no file, beside the configuration. It returns "" if there is
// neither.
func roundsFolder(c *conf.Config, configuration string) string {
	beside := configuration
	if c.History.File != "" && !c.History.Off {
		beside = c.History.File
	}
	if beside == "" {
		return ""
	}
	return strings.TrimSuffix(beside, filepath.Ext(beside)) + ".rounds"
}
