package conf

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"relay/internal/disk"
)

// reviewAccess warns of settings that make audible to everyone what is restricted
// elsewhere.
func (c *Config) reviewAccess(r *reader) {
	p := path{}.key("mount")
	for i, declared := range c.Mounts {
		at := p.item(i)
		c.reviewRenditions(r, at, &declared)
		m := c.Mount(declared.Name)
		for n, name := range declared.Fallbacks {
			if name == FallbackFiles {
				continue
			}
			if why := c.moreOpen(declared.Name, name); why != "" {
				r.warn(at.key("fallbacks").item(n), "%s plays what %s plays, and %s", declared.Name, name, why)
			}
		}
		if name := m.FallbackFull; name != "" && declared.FallbackFull != "" {
			if to := c.Mount(name).ListenerAuth; to.AsksListeners() && !to.AsksAs(m.ListenerAuth) {
				r.warn(at.key("fallback_full"), "%s asks its listeners for another login than %s: those without it get 403 when %[2]s is full", name, declared.Name)
			}
		}
	}
	c.reviewDisks(r, p)
	for i, relay := range c.Relays {
		at := path{}.key("relay").item(i)
		if of := c.RenditionOf(relay.Mount); of != "" {
			r.warn(at.key("url"), "feeds %s, which is a rendition of %s: name another mount", relay.Mount, of)
		}
		u, ok := streamURL(relay.URL)
		if !ok || !c.isOwn(u) || u.Path == relay.Mount {
			continue
		}
		if why := c.moreOpen(relay.Mount, u.Path); why != "" {
			r.warn(at.key("url"), "%s plays what %s of this server plays, and %s", relay.Mount, u.Path, why)
		}
	}
}

// reviewRenditions warns of renditions that are less restricted than their mount, and
// of keys that have no effect on renditions.
func (c *Config) reviewRenditions(r *reader, at path, of *Mount) {
	for n, rendition := range of.Renditions {
		name := at.key("rendition").item(n).key("name")
		if why := c.moreOpen(rendition.Name, of.Name); why != "" {
			r.warn(name, "%s plays what %s plays, and %s: remove its own rules, unless they are intended", rendition.Name, of.Name, why)
		}
		whole, small := c.Mount(of.Name), c.Mount(rendition.Name)
		if whole.MaxDuration > 0 && (small.MaxDuration == 0 || small.MaxDuration > whole.MaxDuration) {
			r.warn(name, "listeners may stay longer on %s than on %s, which it is made of", rendition.Name, of.Name)
		}
	}
	if whole := c.RenditionOf(of.Name); whole != "" {
		for key, given := range map[string]bool{"source_user": of.SourceUser != "", "source_password": of.SourcePassword != "", "source": len(of.Sources) > 0, "files": len(of.Files.Paths) > 0} {
			if !given {
				continue
			}
			if key == "files" {
				r.warn(at.key(key), "plays on %s, which is a rendition of %s, when the encoder does not: give %[2]s the music", of.Name, whole)
			} else {
				r.warn(at.key(key), "has no effect: %s is a rendition of %s, and no source can send to it", of.Name, whole)
			}
		}
	}
}

// diskPlace is a file or folder of a mount.
type diskPlace struct {
	mount string
	at    path
	path  string
}

// reviewDisks warns if a less restricted mount plays the music, recordings or intros of
// a more restricted one.
func (c *Config) reviewDisks(r *reader, p path) {
	var music, private []diskPlace
	var kinds []string // of the elements of private
	for i, m := range c.Mounts {
		at := p.item(i)
		for n, path := range m.Files.Paths {
			here := diskPlace{m.Name, at.key("files").key("paths").item(n), realPath(path)}
			music, private, kinds = append(music, here), append(private, here), append(kinds, "the music")
		}
		if m.RecordDir != "" {
			private, kinds = append(private, diskPlace{m.Name, at.key("record_dir"), realPath(m.RecordDir)}), append(kinds, "the recordings")
		}
		if m.IntroFile != "" {
			private, kinds = append(private, diskPlace{m.Name, at.key("intro_file"), realPath(m.IntroFile)}), append(kinds, "the intro")
		}
	}
	told := map[[3]string]bool{}
	for i, hidden := range private {
		if m := c.Mount(hidden.mount); !m.Hidden && !m.ListenerAuth.AsksListeners() {
			continue
		}
		for _, open := range music {
			if open.mount == hidden.mount || !isWithin(hidden.path, open.path) && !(kinds[i] == "the music" && isWithin(open.path, hidden.path)) {
				continue
			}
			once := [3]string{hidden.mount, open.mount, kinds[i]}
			if why := c.moreOpen(open.mount, hidden.mount); why != "" && !told[once] {
				told[once] = true
				r.warn(open.at, "%s plays %s of %s, and %s", open.mount, kinds[i], hidden.mount, why)
			}
		}
	}
}

// realPath resolves the links of a path that exists.
func realPath(path string) string {
	if real, err := disk.Look("resolve", path, disk.Patience, func() (string, error) { return filepath.EvalSymlinks(path) }); err == nil {
		path = real
	}
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// isWithin reports whether path is folder or below it.
func isWithin(path, folder string) bool {
	way, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(way)
}

// moreOpen returns why one mount is less restricted than another; empty: it is not.
func (c *Config) moreOpen(open, closed string) string {
	a, b := c.Mount(open), c.Mount(closed)
	var why []string
	switch asked := b.ListenerAuth.AsksListeners(); {
	case asked && !a.ListenerAuth.AsksListeners():
		why = append(why, "anybody may listen there, but not to "+closed)
	case asked && !a.ListenerAuth.AsksAs(b.ListenerAuth):
		why = append(why, "its listeners need another login than those of "+closed)
	}
	if b.Hidden && !a.Hidden {
		why = append(why, "it is listed, but "+closed+" is hidden")
	}
	return strings.Join(why, ", and ")
}

// isOwn reports whether an address belongs to this server, as far as the configuration
// shows.
func (c *Config) isOwn(u *url.URL) bool {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if own, err := url.Parse(c.Server.PublicURL); err == nil && own.Host != "" && strings.EqualFold(own.Hostname(), u.Hostname()) {
		return true
	}
	listens := func(address string) bool {
		_, own, err := net.SplitHostPort(address)
		return err == nil && own == port
	}
	if !slices.ContainsFunc(slices.Concat(c.Server.Listen, c.TLS.Listen), listens) {
		return false
	}
	if strings.EqualFold(u.Hostname(), "localhost") || strings.EqualFold(u.Hostname(), c.Server.Hostname) {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && (ip.IsLoopback() || ip.IsUnspecified())
}
