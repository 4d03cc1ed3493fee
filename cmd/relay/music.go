package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"relay/commandline"
	"relay/conf"
	"relay/icy"
	"relay/ingest"
	"relay/interlude"
	"relay/internal/disk"
	"relay/mounts"
)

// findMusic says which of the files and folders named there is not. What looks
// like a word is more likely a command with a slip in it.
func findMusic(p *commandline.Program, named []string) error {
	for i, music := range named {
		_, err := disk.Stat(music)
		switch {
		case err == nil:
		case i == 0 && errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(music, "./"):
			return commandline.Misuse(fmt.Sprintf("there is no command, file or folder %q; the commands are %s", music, strings.Join(p.Names(), ", ")))
		default:
			return fmt.Errorf("cannot play %s: %w", music, errors.Unwrap(err))
		}
	}
	return nil
}

// musicOf lists the music of every mount that has some: that of the
// configuration, and on the default mount the music named on the command line
// or, without a configuration, the interlude.
func musicOf(c *conf.Config, unconfigured bool, named []string) (all []ingest.Music) {
	withFiles := func(mount string, files conf.Files) {
		all = append(all, ingest.Music{Mount: mount, Station: stationOf(mount, files.Paths), Files: files})
	}
	for _, m := range c.Mounts {
		if len(m.Files.Paths) > 0 && !(m.Name == defaultMount && len(named) > 0) {
			withFiles(m.Name, c.Mount(m.Name).Files)
		}
	}
	switch {
	case len(named) > 0:
		files := conf.Default().Mount(defaultMount).Files
		files.Paths, files.Order = named, conf.OrderSequence
		withFiles(defaultMount, files)
	case unconfigured:
		all = append(all, ingest.Music{
			Mount:   defaultMount,
			Station: icy.Station{Name: "relay", Description: "Music until a DJ connects"},
			Track: ingest.MemoryTrack{
				Name: mounts.Title{Text: interlude.Artist + " - " + interlude.Title},
				MP3:  interlude.MP3,
			},
		})
	}
	return all
}

// stationOf names a station of files: after its only folder, or else after its
// mount. A title in the configuration goes before either.
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
