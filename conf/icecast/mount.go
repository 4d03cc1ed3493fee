package icecast

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"relay/conf"
	"relay/internal/charset"
)

// everyMount is the pattern for Icecast's default mount.
const everyMount = "/*"

// readMounts reads the settings of mounts, patterns first.
func (c *Config) readMounts() {
	names := make(map[string]*element)
	for _, e := range c.root.takeAll("mount") {
		name, problem := mountName(e)
		if first := names[name]; problem == "" && first != nil {
			problem = fmt.Sprintf("%s is already set up on line %d, and the first one counts", name, first.line)
		}
		if problem != "" {
			c.lose(Lost, e, problem)
			e.takeWhole()
			continue
		}
		names[name] = e
		c.declared = append(c.declared, e)
	}
	slices.SortStableFunc(c.declared, patternsFirst)
	if len(c.headers) > 0 && names[everyMount] == nil {
		every := &table{name: "mount", array: true, from: c.headers[0]}
		every.put("name", everyMount, c.headers[0])
		if c.setHeaders(every, nil); every.has("headers") {
			c.mounts = append(c.mounts, every)
		}
	}
	for _, e := range c.declared {
		c.mounts = append(c.mounts, c.readMount(e))
	}
	c.loseHeaders(c.headers)
	c.shield()
	c.endFallbacks()
}

// patternsFirst sorts patterns before single mounts.
func patternsFirst(a, b *element) int {
	first, _ := mountName(a)
	second, _ := mountName(b)
	switch many, also := strings.HasSuffix(first, "*"), strings.HasSuffix(second, "*"); {
	case many && !also:
		return -1
	case !many && also:
		return 1
	}
	return 0
}

// isPattern reports whether t applies to many mounts.
func (t *table) isPattern() bool {
	name, _ := mountName(t.from)
	return strings.HasSuffix(name, "*")
}

// mountName returns the name or pattern of a <mount>, or what is wrong with it.
func mountName(e *element) (name, problem string) {
	if e.attr("type") == "default" {
		return everyMount, ""
	}
	name = e.take("mount-name").word()
	bare := strings.TrimSuffix(name, "*")
	switch {
	case name == "":
		return "", "has no mount-name"
	case name == everyMount:
		return name, ""
	case strings.ContainsAny(bare, "*?[$"):
		return "", `relay's patterns have one "*", at the end; set up its mounts one by one`
	}
	// The beginning of a pattern may end anywhere, even after a slash.
	whole := name
	if bare != name {
		whole = bare + "x"
	}
	if err := conf.CheckMountName(whole); err != nil {
		return "", "its name " + err.Error()
	}
	return name, ""
}

// readMount reads a <mount>.
func (c *Config) readMount(e *element) *table {
	t := &table{name: "mount", array: true, from: e}
	name, _ := mountName(e)
	t.put("name", name, cmp.Or(e.take("mount-name"), e))
	t.setText("title", e.take("stream-name"))
	t.setText("description", e.take("stream-description"))
	t.setText("genre", e.take("genre"))
	t.setText("url", e.take("stream-url"))
	// -1 leaves the choice to the source.
	if public := e.take("public"); public.word() != "-1" {
		t.setFlag("public", public)
	}
	t.setFlag("hidden", e.take("hidden"))
	var headers []*element
	for _, below := range e.takeAll("http-headers") {
		headers = append(headers, below.takeAll("header")...)
	}
	c.setHeaders(t, headers)
	c.loseHeaders(headers)
	t.setCharset(e.take("charset"))
	t.setMetaint(e.take("mp3-metadata-interval", "metadata-interval"))
	t.setCount("max_listeners", e.take("max-listeners"))
	if d := e.take("max-listener-duration"); d.word() != "0" {
		t.setSeconds("max_duration", d)
	}
	c.setBurst(t, e.take("burst-size"))
	t.setText("source_user", e.take("username"))
	t.setSecret("source_password", e.take("password"))
	c.setFallback(t, e)
	if intro := e.take("intro"); intro.word() != "" {
		t.set("intro_file", c.inWebroot(intro.word()), intro)
	}
	if dump := e.take("dump-file"); dump.word() != "" {
		t.set("record_dir", filepath.Dir(c.place(dump.word())), dump)
		t.remark("record_dir", "each recording gets a name of its own; there it was "+dump.word())
	}
	c.setListenerAuth(t, e)
	t.notes = c.leftBelow(e, t.notes)
	slices.SortStableFunc(t.notes, byLine)
	return t
}

// setCharset sets the charset of titles by its usual name.
func (t *table) setCharset(e *element) {
	if e.word() == "" {
		return
	}
	if charset.Find(e.word()) == nil {
		t.lose(e, "is not a charset that relay knows; the default of other mounts applies")
		return
	}
	label := e.word()
	switch strings.ToUpper(strings.NewReplacer("-", "", "_", "").Replace(label)) {
	case "UTF8":
		label = "UTF-8"
	case "ISO88591":
		label = "ISO-8859-1"
	}
	t.set("charset", label, e)
}

// setMetaint sets the number of audio bytes between two titles, within the bounds of
// conf.
func (t *table) setMetaint(e *element) {
	n, ok := e.number()
	if !ok || n < 0 {
		return // -1 is Icecast's default, and relay has the same
	}
	if n != 0 && (n < conf.MinMetaint || n > conf.MaxMetaint) {
		t.lose(e, fmt.Sprintf("must be 0 or between %d and %d; relay's default applies", conf.MinMetaint, conf.MaxMetaint))
		return
	}
	t.set("metaint", n, e)
}

// setBurst sets a burst that differs from that of all mounts.
func (c *Config) setBurst(t *table, e *element) {
	burst, ok := t.burstOf(e)
	size := burst.Size
	burst.Size = min(size, c.buffer)
	if !ok || burst == c.burst {
		return
	}
	t.put("burst", burst, e)
	if size > c.buffer {
		t.remark("burst", fmt.Sprintf("as large as limits.buffer, in place of %v", size))
	}
}

// shield protects mounts with a block of their own from the settings of patterns: in
// Icecast such mounts inherit nothing.
func (c *Config) shield() {
	for _, pattern := range c.mounts {
		for _, t := range c.mounts {
			if t.isIn(pattern) {
				t.shieldFrom(pattern, c.burst)
			}
		}
	}
}

// isIn reports whether a pattern applies to a mount or a longer pattern.
func (t *table) isIn(pattern *table) bool {
	name, _ := mountName(t.from)
	prefix, _ := mountName(pattern.from)
	return fits(name, prefix)
}

// fits reports whether a pattern applies to the mounts of a name or of a longer
// pattern.
func fits(name, pattern string) bool {
	prefix, isPattern := strings.CutSuffix(pattern, "*")
	return isPattern && name != pattern && strings.HasPrefix(strings.TrimSuffix(name, "*"), prefix)
}

// shieldFrom sets the defaults in t for everything that only the pattern sets.
func (t *table) shieldFrom(pattern *table, burst conf.Burst) {
	for _, l := range pattern.lines {
		d, known := setting(t.name + "." + l.name)
		if t.has(l.name) || !known {
			continue
		}
		value := d.Interface()
		if l.name == "burst" {
			value = burst
		}
		t.put(l.name, value, t.from)
		t.remark(l.name, shielded)
	}
	for _, b := range pattern.below {
		name := strings.TrimPrefix(b.name, t.name+".")
		if _, known := setting(b.name); known {
			t.sub(name, t.from).shieldFrom(b, burst)
		}
	}
}

// shielded explains why a default is written to the file.
const shielded = "in Icecast, a mount with a block of its own inherits nothing"
