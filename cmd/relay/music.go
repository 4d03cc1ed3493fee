package main

import (
	"cmp"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	"relay/conf"
	"relay/icy"
	"relay/ingest"
	"relay/interlude"
	"relay/mounts"
)

// newAutoDJ returns the music of every mount that has some: that of the
// configuration, and on the default mount the music named on the command line
// or, without a configuration, the interlude.
func newAutoDJ(c *conf.Config, unconfigured bool, named []string, r *mounts.Registry, log *zap.Logger) *ingest.AutoDJ {
	music := ingest.NewAutoDJ(log)
	for _, m := range c.Mounts {
		if len(m.Files.Paths) > 0 && !(m.Name == defaultMount && len(named) > 0) {
			music.AddFiles(r, m.Name, stationOf(m.Name, m.Files.Paths), c.Mount(m.Name).Files)
		}
	}
	switch {
	case len(named) > 0:
		files := conf.Default().Mount(defaultMount).Files
		files.Paths, files.Order = named, conf.OrderSequence
		music.AddFiles(r, defaultMount, stationOf(defaultMount, named), files)
	case unconfigured:
		track := ingest.MemoryTrack{
			Name: mounts.Title{Text: interlude.Artist + " - " + interlude.Title},
			MP3:  interlude.MP3,
		}
		station := icy.Station{Name: "relay", Description: "Music until a DJ connects"}
		music.Add(ingest.NewPlayer(r, log, defaultMount, station, func() (ingest.Track, bool) { return track, true }))
	}
	return music
}

// stationOf names a station of files: after its only folder, or else after its
// mount. A title in the configuration goes before either.
func stationOf(mount string, paths []string) icy.Station {
	name := ""
	if len(paths) == 1 {
		if info, err := os.Stat(paths[0]); err == nil && info.IsDir() {
			if path, err := filepath.Abs(paths[0]); err == nil {
				name = filepath.Base(path)
			}
		}
	}
	return icy.Station{Name: cmp.Or(name, mount[1:])}
}
