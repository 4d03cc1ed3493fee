package icecast

import (
	"os"
	"regexp"
	"slices"
)

// fallbackWithRate is icecast-kh's name for a file that is sent at a bit rate:
// "/fallback-[128].mp3".
var fallbackWithRate = regexp.MustCompile(`\[\d+\]`)

// setFallback sets what plays when the source is gone.
func (c *Config) setFallback(t *table, e *element) {
	fallback, back, full := e.take("fallback-mount"), e.take("fallback-override"), e.take("fallback-when-full")
	name := fallback.word()
	if name == "" {
		return
	}
	if back != nil && !back.flag() {
		t.lose(back, "listeners always come back as soon as the source does")
	}
	if file := c.inWebroot(name); fallbackWithRate.MatchString(name) || c.webroot != "" && !c.isMount(name) && isFile(file) {
		c.setFallbackFile(t, fallback, file)
		return
	}
	t.set("fallbacks", c.chain(e), fallback)
	if full.flag() {
		t.set("fallback_full", name, full)
	}
}

// setFallbackFile makes the mount play a file that Icecast has below its
// webroot.
func (c *Config) setFallbackFile(t *table, fallback *element, file string) {
	switch {
	case t.isPattern():
		t.lose(fallback, "is a file; only a mount of its own can play files, in [mount.files]")
	case !isFile(file):
		files := t.sub("files", fallback)
		files.put("paths", []string{file}, fallback)
		files.lines[0].off = true
		files.remark("paths", "not found from here; set it to music for when nobody is live")
		t.lose(fallback, "its file was not found below webroot; [mount.files] has the place for it")
	default:
		t.sub("files", fallback).put("paths", []string{file}, fallback)
	}
}

// chain is a mount's fallback, with the fallback of that, and so on, which is
// where Icecast looks one after the other.
func (c *Config) chain(e *element) []string {
	var names []string
	own, _ := mountName(e)
	for e != nil {
		next := e.take("fallback-mount").word()
		if next == "" || next == own || slices.Contains(names, next) || fallbackWithRate.MatchString(next) {
			break
		}
		names = append(names, next)
		e = c.mountOf(next)
	}
	return names
}

// mountOf is the <mount> of this name, if there is one.
func (c *Config) mountOf(name string) *element {
	for _, e := range c.declared {
		if own, _ := mountName(e); own == name {
			return e
		}
	}
	return nil
}

// isMount tells whether a name is that of a mount or relay that is set up.
func (c *Config) isMount(name string) bool {
	if c.mountOf(name) != nil {
		return true
	}
	for _, e := range c.root.children {
		if e.name == "relay" && (e.take("local-mount").word() == name || e.take("mount").word() == name) {
			return true
		}
	}
	return false
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
