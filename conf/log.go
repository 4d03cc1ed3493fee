package conf

import (
	"slices"
	"strings"
)

// Log is [log]: the logs of the program.
type Log struct {
	// Level is the lowest level that is logged: "debug", "info", "warn" or "error".
	Level string `toml:"level"`
	// Format is "console" for people or "json" for machines.
	Format string `toml:"format" restart:"true"`
	// AccessFile gets a line for every connection that ends, in the format of Icecast's
	// access.log. Empty: none is written.
	AccessFile string `toml:"access_file" restart:"true"`
	// PlaylistFile gets a line for every title, in the format of Icecast's
	// playlist.log. Empty: none is written.
	PlaylistFile string `toml:"playlist_file" restart:"true"`
	// RotateSize is the size at which a new file is begun, in bytes.
	RotateSize Size `toml:"rotate_size" restart:"true"`
	// RotateKeep is how many old files are kept; 0: all.
	RotateKeep int `toml:"rotate_keep" restart:"true"`
}

func defaultLog() Log {
	return Log{Level: "info", Format: "console", RotateSize: 100 << 20, RotateKeep: 7}
}

func (l *Log) check(r *reader, p path) {
	oneOf(r, p.key("level"), l.Level, "debug", "info", "warn", "error")
	oneOf(r, p.key("format"), l.Format, "console", "json")
	l.AccessFile = r.resolve(l.AccessFile)
	l.PlaylistFile = r.resolve(l.PlaylistFile)
	if l.AccessFile != "" && l.AccessFile == l.PlaylistFile {
		r.fail(p.key("playlist_file"), "is the access_file too: each needs a file of its own")
	}
	atLeast(r, p.key("rotate_size"), l.RotateSize, 1<<20)
	atLeast(r, p.key("rotate_keep"), l.RotateKeep, 0)
}

// oneOf reports a word that is not among the allowed ones.
func oneOf(r *reader, p path, word string, allowed ...string) {
	if slices.Contains(allowed, word) {
		return
	}
	last := len(allowed) - 1
	r.fail(p, `must be "%s" or "%s"`, strings.Join(allowed[:last], `", "`), allowed[last])
}
