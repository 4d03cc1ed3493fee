package icecast

import (
	"fmt"
	"math"
	"path/filepath"

	"relay/conf"
)

// readLog reads what is written down, and where.
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
		return // nothing that would grow
	}
	if e := in.take("logsize"); e != nil {
		c.setLogSize(e)
	}
	if e := in.take("logarchive"); e != nil {
		keep := 1 // the one that Icecast calls .old
		if e.flag() {
			keep = 0
		}
		t.set("rotate_keep", keep, e)
	}
}

// named is the element that has the name of a log's file: icecast-kh may put
// it inside.
func named(e *element) *element {
	if e != nil && len(e.children) > 0 {
		return e.take("name")
	}
	return e
}

// setLogFile sets the path of a log that Icecast has in its folder for logs.
func (c *Config) setLogFile(name string, dir, e *element) {
	switch word := e.word(); {
	case word == "":
	case word == "-" || filepath.IsAbs(word) && filepath.Dir(word) == "/dev":
		c.log.lose(e, "wants a file of its own; relay's log goes to standard error as it is")
	case filepath.IsAbs(word):
		c.log.set(name, c.place(word), e)
	default:
		c.log.set(name, c.place(filepath.Join(dir.word(), word)), e)
	}
}

func isStandardError(name string) bool {
	return name == "-" || name == "/dev/stderr" || name == "/dev/stdout"
}

// logLevel is relay's word for one of Icecast's levels, with what gives it.
func logLevel(in *element) (string, *element) {
	e := in.take("loglevel")
	if errors := in.take("errorlog"); errors != nil && errors.take("level") != nil {
		e = errors.take("level")
	}
	if e == nil {
		return "", nil
	}
	switch n, ok := e.number(); {
	case !ok: // Icecast 2.5 has words
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

// smallestRotation is the least that conf takes.
const smallestRotation = conf.Size(1 << 20)

// setLogSize sets how large a log grows, which Icecast counts in KiB.
func (c *Config) setLogSize(e *element) {
	n, ok := e.number()
	if !ok || n <= 0 || n > math.MaxInt32 {
		c.log.lose(e, "is no number of kilobytes; relay's own default holds")
		return
	}
	size := conf.Size(n) << 10
	c.log.set("rotate_size", max(size, smallestRotation), e)
	if size < smallestRotation {
		c.log.remark("rotate_size", fmt.Sprintf("the smallest there is; %d KiB were asked for", n))
	}
}
