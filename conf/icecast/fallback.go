package icecast

import (
	"regexp"

	"relay/conf"
	"relay/internal/disk"
)

// fallbackWithRate matches icecast-kh's name for a file that is sent at a bit rate:
// "/fallback-[128].mp3".
var fallbackWithRate = regexp.MustCompile(`\[\d+\]`)

// setFallback sets what plays when there is no source.
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
	own, _ := mountName(e)
	if err := conf.CheckMountName(name); err != nil {
		t.lose(fallback, "is not a mount: its name "+err.Error())
		return
	}
	if c.circle(own, name) {
		t.lose(fallback, "would form a loop, which relay does not allow")
	} else {
		c.fallbacks[own] = fallback
		t.set("fallbacks", []string{name}, fallback)
	}
	if full.flag() && name != own {
		t.set("fallback_full", name, full)
	}
}

// circle reports whether a mount would fall back to itself, directly or through others.
func (c *Config) circle(own, next string) bool {
	for range len(c.declared) + 1 {
		if next == own {
			return true
		}
		next = c.fallbackOf(next)
	}
	return false
}

// fallbackOf returns the fallback of a mount according to what was read so far, or "".
func (c *Config) fallbackOf(name string) string {
	if c.mountOf(name) != nil {
		return c.fallbacks[name].word()
	}
	longest, found := 0, ""
	for _, pattern := range c.declared {
		prefix, _ := mountName(pattern)
		to := c.fallbacks[prefix].word()
		if to == name {
			return "" // see endFallbacks
		}
		if fits(name, prefix) && to != "" && len(prefix) > longest {
			longest, found = len(prefix), to
		}
	}
	return found
}

// endFallbacks adds a mount for a fallback that a pattern sets, if the pattern would
// make it fall back to itself.
func (c *Config) endFallbacks() {
	if _, known := setting("mount.fallbacks"); !known {
		return
	}
	ended := make(map[string]bool)
	for _, pattern := range c.mounts {
		prefix, _ := mountName(pattern.from)
		from := c.fallbacks[prefix]
		name := from.word()
		if !pattern.isPattern() || name == "" || ended[name] || c.mountOf(name) != nil || !fits(name, prefix) {
			continue
		}
		ended[name] = true
		t := &table{name: "mount", array: true, from: from}
		t.put("name", name, from)
		t.put("fallbacks", []string{}, from)
		t.remark("fallbacks", "what others fall back to does not fall back to itself")
		if pattern.has("fallback_full") {
			t.put("fallback_full", "", from)
		}
		c.mounts = append(c.mounts, t)
	}
}

// setFallbackFile makes the mount play a file that Icecast has below its webroot.
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

// mountOf returns the <mount> of this name, or nil.
func (c *Config) mountOf(name string) *element {
	for _, e := range c.declared {
		if own, _ := mountName(e); own == name {
			return e
		}
	}
	return nil
}

// isMount reports whether a mount or relay of this name is configured.
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
	info, err := disk.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
