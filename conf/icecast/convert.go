package icecast

import (
	"fmt"
	"path/filepath"
	"slices"

	"relay/conf"
)

// Config is the configuration of an Icecast, as relay would have it.
type Config struct {
	file string
	root *element

	// In the order of relay.example.toml.
	server, tls, limits, auth, log, directory, master *table
	mounts, relays                                    []*table
	notes                                             []Note // of what belongs to no table

	basedir, webroot string     // where the paths of an icecast.xml start
	burst, buffer    conf.Size  // what holds for mounts that say nothing
	declared         []*element // every <mount> that counts, patterns first

	fallbacks map[string]*element // by the name of the mount or pattern that has one
}

// Parse reads the text of an icecast.xml. Errors call it by the given name and
// are *conf.Error.
func Parse(file string, b []byte) (*Config, error) {
	root, err := readXML(file, b)
	if err != nil {
		return nil, err
	}
	if root.name != "icecast" {
		return nil, &conf.Error{File: file, Line: root.line, Problem: fmt.Sprintf(
			"is not an icecast.xml: it begins with <%s>, and should with <icecast>", root.name)}
	}
	root.taken = true
	c := &Config{
		file:      file,
		root:      root,
		server:    &table{name: "server"},
		tls:       &table{name: "tls"},
		limits:    &table{name: "limits"},
		auth:      &table{name: "auth"},
		log:       &table{name: "log"},
		directory: &table{name: "directory"},
		master:    &table{name: "master"},
		fallbacks: make(map[string]*element),
	}
	paths := root.section("paths")
	c.readPlaces(paths)
	c.readSockets()
	c.readServer()
	c.readCertificate(paths)
	c.readProxies(paths)
	c.readLimits()
	c.readLogins()
	c.readBans(paths)
	c.readLog(paths)
	c.readDirectories()
	c.readMaster()
	c.readMounts()
	c.readRelays()
	c.readAliases(paths)
	c.notes = c.leftBelow(root, c.notes)
	slices.SortStableFunc(c.notes, byLine)
	return c, nil
}

// tables are all of them in the order in which they are written.
func (c *Config) tables() []*table {
	return slices.Concat(
		[]*table{c.server, c.tls, c.limits, c.auth, c.log, c.directory, c.master}, c.mounts, c.relays)
}

// Notes is all that relay does not do, or does differently, in the order of
// the lines.
func (c *Config) Notes() []Note {
	notes := slices.Clone(c.notes)
	var collect func(*table)
	collect = func(t *table) {
		notes = append(notes, t.notes...)
		for _, b := range t.below {
			collect(b)
		}
	}
	for _, t := range c.tables() {
		collect(t)
	}
	slices.SortStableFunc(notes, byLine)
	return notes
}

func byLine(a, b Note) int { return a.Line - b.Line }

// lose notes what has no counterpart and belongs to no table.
func (c *Config) lose(kind Kind, e *element, why string) {
	c.notes = append(c.notes, newNote(kind, e, why))
}

// leftBelow notes everything below an element that nobody has taken.
func (c *Config) leftBelow(around *element, notes []Note) []Note {
	for i, e := range around.children {
		if e.taken {
			notes = c.leftBelow(e, notes)
			continue
		}
		r := reasonFor(e, around)
		if later := lastOf(around.children[i+1:], e.name); later != nil {
			r = reason{Unneeded, fmt.Sprintf("is given again on line %d, and the last one counts", later.line)}
		}
		notes = append(notes, newNote(r.kind, e, r.why))
		e.takeWhole()
	}
	return notes
}

// lastOf is the element of this name that was taken instead of an earlier one.
func lastOf(elements []*element, name string) *element {
	for _, e := range slices.Backward(elements) {
		if e.name == name && e.taken {
			return e
		}
	}
	return nil
}

// readPlaces finds the folders that other paths start from.
func (c *Config) readPlaces(paths *element) {
	security := c.root.section("security")
	if jail := security.take("chroot"); jail != nil && jail.flag() {
		c.basedir = paths.take("basedir").word()
		c.lose(Lost, jail, reasons["chroot"].why)
	} else if jail != nil {
		c.lose(Unneeded, jail, "is off anyway")
	}
	// Taken later: what is not needed of it still gets its note.
	for _, e := range paths.children {
		if e.name == "webroot" {
			c.webroot = c.place(e.word())
		}
	}
}

// place is where a path of an icecast.xml is for somebody outside of its jail.
func (c *Config) place(path string) string {
	if c.basedir == "" || path == "" {
		return path
	}
	return filepath.Join(c.basedir, path)
}

// inWebroot is where a path that starts at the webroot is.
func (c *Config) inWebroot(path string) string { return filepath.Join(c.webroot, path) }

// readAliases notes names that lead elsewhere; that of the front page leads to
// a page that relay shows there anyway.
func (c *Config) readAliases(paths *element) {
	for _, e := range paths.takeAll("alias") {
		if e.attr("source") == "/" {
			c.lose(Unneeded, e, "relay shows its own page there")
		} else {
			c.lose(Lost, e, reasons["alias"].why)
		}
	}
}
