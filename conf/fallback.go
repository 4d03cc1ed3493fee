package conf

import (
	"cmp"
	"slices"
	"strings"
)

// checkFallbacks reports what is wrong with the individual fallbacks of a mount.
func (m *Mount) checkFallbacks(r *reader, p path) {
	list := p.key("fallbacks")
	for i, name := range m.Fallbacks {
		at := list.item(i)
		switch {
		case r.failed[at.id] || name == FallbackFiles:
		case name == m.Name:
			r.fail(at, "is this mount itself")
		case slices.Index(m.Fallbacks, name) < i:
			r.fail(at, "%q is already in the list", name)
		default:
			if problem := nameProblem(name, false); problem != "" {
				r.fail(at, `%q is neither a mount nor %q: it %s`, name, FallbackFiles, problem)
			}
		}
	}
	full := p.key("fallback_full")
	switch {
	case m.FallbackFull == "" || r.failed[full.id]:
	case m.FallbackFull == m.Name:
		r.fail(full, "is this mount itself")
	default:
		if problem := nameProblem(m.FallbackFull, false); problem != "" {
			r.fail(full, "%s", problem)
		}
	}
}

// checkFallbackLoops reports mounts that fall back to themselves, directly or through
// others: such mounts would never play anything.
func checkFallbackLoops(r *reader, p path, c *Config) {
	for i := range c.Mounts {
		m, at := &c.Mounts[i], p.item(i).key("fallbacks")
		for n, name := range m.Fallbacks {
			if r.failed[at.id] || r.failed[at.item(n).id] || name == FallbackFiles {
				continue
			}
			if loop := c.FallbackLoop(name, nil); loop != nil {
				r.fail(at, "form a loop: %s", strings.Join(loop, " → "))
			}
		}
	}
}

// checkFallbackCodecs reports fallbacks of which the configuration says that they have
// another codec than their mount: an encoder for each change of the input is no fallback
// to rely on.
func checkFallbackCodecs(r *reader, p path, c *Config) {
	for i := range c.Mounts {
		m, at := &c.Mounts[i], p.item(i).key("fallbacks")
		own := c.CodecOf(m.Name)
		for n, name := range m.Fallbacks {
			if r.failed[at.id] || r.failed[at.item(n).id] || name == FallbackFiles {
				continue
			}
			if other := c.CodecOf(name); own != "" && other != "" && own != other {
				r.fail(at, "%s is %s and this mount is %s: make a rendition of it with codec = %q, and name that",
					name, codecName(other), codecName(own), own)
			}
		}
	}
}

// CodecOf returns the codec that a mount must have by its configuration, one of Codecs; ""
// if that does not say.
func (c *Config) CodecOf(name string) string {
	for _, m := range c.Mounts {
		for _, rendition := range m.Renditions {
			if rendition.Name == name {
				return cmp.Or(rendition.Codec, MP3)
			}
		}
	}
	return c.Mount(name).Format.Codec
}

// FallbackLoop returns the chain by which a mount falls back to itself, or nil. The
// fallbacks in changed, by mount, replace the configured ones.
func (c *Config) FallbackLoop(mount string, changed map[string][]string) []string {
	seen := map[string]bool{}
	var walk func(way []string) []string
	walk = func(way []string) []string {
		last := way[len(way)-1]
		next, found := changed[last]
		if !found {
			next = c.Mount(last).Fallbacks
		}
		for _, name := range next {
			if name == mount {
				return append(way, name)
			}
			if name == FallbackFiles || seen[name] {
				continue
			}
			seen[name] = true
			if loop := walk(append(slices.Clone(way), name)); loop != nil {
				return loop
			}
		}
		return nil
	}
	return walk([]string{mount})
}
