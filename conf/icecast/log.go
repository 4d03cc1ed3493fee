package icecast

import (
	"fmt"
	"math"
	"path/filepath"

	"relay/conf"
)

// readLog reads which logs are written, and where.
func (c *Config) readLog(paths *element) {
	in, t := c.root.section("logging"), c.log
	dir := paths.take("logdir")
	access := named(in.take("accesslog"))
	playlist := named(in.take("playlistlog"))
	if level, from := logLevel(in); from != nil {
		t.set("level", level, from)
	}
	c.setLogFile("access_file", dir, access)
	c.setLogFile("playlist_file", dir, playlist)
	if errors := in.take("errorlog"); errors != nil && !isStandardError(named(errors).word()) {
		c.lose(Lost, errors, reasons["errorlog"].why)
		errors.takeWhole()
	}
	if !t.has("access_file") && !t.has("playlist_file") {
		return // no log file that would grow
	}
	if e := in.take("logsize"); e != nil {
		c.setLogSize(e)
	}
	if e := in.take("logarchive"); e != nil {
		keep := 1 // the one that Icecast names .old
		if e.flag() {
			keep = 0
		}
		t.set("rotate_keep", keep, e)
	}
}

// named returns the element with the name of a log's file: icecast-kh may have it one
// level deeper.
func named(e *element) *element {
	if e != nil && len(e.children) > 0 {
		return e.take("name")
	}
	return e
}

// setLogFile sets the path of a log that Icecast writes to its folder for logs.
func (c *Config) setLogFile(name string, dir, e *element) {
	switch word := e.word(); {
	case word == "":
	case word == "-" || filepath.IsAbs(word) && filepath.Dir(word) == "/dev":
		c.log.lose(e, "needs a file of its own; relay's log goes to standard error anyway")
	case filepath.IsAbs(word):
		c.log.set(name, c.place(word), e)
	default:
		c.log.set(name, c.place(filepath.Join(dir.word(), word)), e)
	}
}

func isStandardError(name string) bool {
	return name == "-" || name == "/dev/stderr" || name == "/dev/stdout"
}

// logLevel returns relay's name of one of Icecast's levels, and the element that sets
// it.
func logLevel(in *element) (string, *element) {
	e := in.take("loglevel")
	if errors := in.take("errorlog"); errors != nil && errors.take("level") != nil {
		e = errors.take("level")
	}
	if e == nil {
		return "", nil
	}
	switch n, ok := e.number(); {
	case !ok: // Icecast 2.5 uses names
		for _, word := range []string{"debug", "info", "warn", "error"} {
			if e.word() == word {
				return word, e
			}
		}
		return "info", e
	case n <= 1:
		return "error", e
	case n == 2:
		return "warn", e
	case n == 3:
		return "info", e
	}
	return "debug", e
}

// smallestRotation is the minimum that conf accepts.
const smallestRotation = conf.Size(1 << 20)

// setLogSize sets the size at which a log is rotated. Icecast's is in KiB.
func (c *Config) setLogSize(e *element) {
	n, ok := e.number()
	if !ok || n <= 0 || n > math.MaxInt32 {
		c.log.lose(e, "is not a number of kilobytes; relay's default applies")
		return
	}
	size := conf.Size(n) << 10
	c.log.set("rotate_size", max(size, smallestRotation), e)
	if size < smallestRotation {
		c.log.remark("rotate_size", fmt.Sprintf("the minimum, in place of %d KiB", n))
	}
}
