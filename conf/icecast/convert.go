package icecast

import (
	"fmt"
	"path/filepath"
	"slices"

	"relay/conf"
)

// Config is the configuration of an Icecast server in relay's terms.
type Config struct {
	file string
	root *element

	// In the order of relay.example.toml.
	server, tls, limits, auth, log, directory, master *table
	mounts, relays                                    []*table
	notes                                             []Note // of elements that belong to no table

	basedir, webroot string     // the folders to which paths in an icecast.xml are relative
	burst            conf.Burst // of mounts that do not set their own
	buffer           conf.Size
	declared         []*element // every <mount> that is used, patterns first

	headers   []*element          // of all mounts
	fallbacks map[string]*element // by the name of the mount or pattern that has the fallback
}

// Parse reads the text of an icecast.xml. file is its name in errors, which are
// *conf.Error.
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
	c.readHeaders()
	c.readMounts()
	c.readRelays()
	c.readAliases(paths)
	c.notes = c.leftBelow(root, c.notes)
	slices.SortStableFunc(c.notes, byLine)
	return c, nil
}

// tables returns all tables in the order in which they are written.
func (c *Config) tables() []*table {
	return slices.Concat(
		[]*table{c.server, c.tls, c.limits, c.auth, c.log, c.directory, c.master}, c.mounts, c.relays)
}

// Notes returns everything that relay does not do, or does differently, in the order of
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

// lose adds a note about an element that has no counterpart and belongs to no table.
func (c *Config) lose(kind Kind, e *element, why string) {
	c.notes = append(c.notes, newNote(kind, e, why))
}

// leftBelow adds notes about all elements below around that have not been taken.
func (c *Config) leftBelow(around *element, notes []Note) []Note {
	for i, e := range around.children {
		if e.taken {
			notes = c.leftBelow(e, notes)
			continue
		}
		r := reasonFor(e, around)
		if later := lastOf(around.children[i+1:], e.name); later != nil {
			r = reason{Unneeded, fmt.Sprintf("is repeated on line %d, and the last one counts", later.line)}
		}
		notes = append(notes, newNote(r.kind, e, r.why))
		e.takeWhole()
	}
	return notes
}

// lastOf returns the element of this name that was taken in place of an earlier one.
func lastOf(elements []*element, name string) *element {
	for _, e := range slices.Backward(elements) {
		if e.name == name && e.taken {
			return e
		}
	}
	return nil
}

// readPlaces reads the folders to which other paths are relative.
func (c *Config) readPlaces(paths *element) {
	security := c.root.section("security")
	if jail := security.take("chroot"); jail != nil && jail.flag() {
		c.basedir = paths.take("basedir").word()
		c.lose(Lost, jail, reasons["chroot"].why)
	} else if jail != nil {
		c.lose(Unneeded, jail, "is off anyway")
	}
	// The others are not taken here, so that unneeded ones still get a note.
	for _, e := range paths.children {
		if e.name == "webroot" {
			c.webroot = c.place(e.word())
		}
	}
}

// place returns a path of an icecast.xml as seen from outside its chroot.
func (c *Config) place(path string) string {
	if c.basedir == "" || path == "" {
		return path
	}
	return filepath.Join(c.basedir, path)
}

// inWebroot returns a path that is relative to the webroot.
func (c *Config) inWebroot(path string) string { return filepath.Join(c.webroot, path) }

// readAliases adds notes about aliases. An alias of the front page to a page that relay
// shows there anyway is not needed.
func (c *Config) readAliases(paths *element) {
	for _, e := range paths.takeAll("alias") {
		if e.attr("source") == "/" {
			c.lose(Unneeded, e, "relay shows its own page there")
		} else {
			c.lose(Lost, e, reasons["alias"].why)
		}
	}
}
