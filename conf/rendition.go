package conf

import (
	"slices"
	"strings"
)

// Rendition is a [[mount.rendition]]: the same programme at another bit rate,
// made by an encoder that the server runs.
type Rendition struct {
	// Name is the mount it is heard on.
	Name string `toml:"name"`
	// BitRate is in kbit/s.
	BitRate int `toml:"bitrate"`
	// Command is run by the shell: it gets MP3 on its standard input and gives
	// MP3 on its standard output, with the variable RELAY_BITRATE for the bit
	// rate. Empty: ffmpeg with libmp3lame.
	Command string `toml:"command"`
	// OnDemand runs the encoder only while somebody listens.
	OnDemand bool `toml:"on_demand"`
}

// checkRenditions reports what is wrong with the renditions of a mount, each
// by itself.
func (m *Mount) checkRenditions(r *reader, p path) {
	for i := range m.Renditions {
		rendition, at := &m.Renditions[i], p.key("rendition").item(i)
		if r.failed[at.id] {
			continue // not a table at all
		}
		name, rate := at.key("name"), at.key("bitrate")
		switch {
		case m.IsPattern():
			r.fail(at, "needs a mount of its own: %s is a pattern", m.Name)
		case !r.given(name):
			r.fail(name, `needs a name, such as name = "/live-64"`)
		case rendition.Name == m.Name:
			r.fail(name, "is this mount itself")
		case !r.failed[name.id]:
			if problem := nameProblem(rendition.Name, false); problem != "" {
				r.fail(name, "%s", problem)
			}
		}
		if !r.given(rate) {
			r.fail(rate, "needs a bit rate in kbit/s, such as bitrate = 64")
		} else if !r.failed[rate.id] && rendition.Command == "" && !isLayerIIIRate(rendition.BitRate) {
			r.fail(rate, "is none that MP3 has: 8 to 320, such as 32, 64, 96, 128, 192")
		}
		checkText(r, at.key("command"), rendition.Command)
	}
}

// checkRenditionNames reports mounts that two encoders would feed, and
// renditions that are made of themselves.
func checkRenditionNames(r *reader, p path, c *Config) {
	seen := map[string]bool{}
	for i, m := range c.Mounts {
		for n, rendition := range m.Renditions {
			name := p.item(i).key("rendition").item(n).key("name")
			if seen[rendition.Name] && !r.failed[name.id] {
				r.fail(name, "is a rendition already: each mount has one encoder")
			}
			seen[rendition.Name] = true
			if way := c.renditionLoop(rendition.Name); way != nil {
				r.fail(name, "is made of itself: %s", strings.Join(way, " → "))
			}
		}
	}
}

// isLayerIIIRate tells whether MPEG 1 or 2 layer III has a bit rate.
func isLayerIIIRate(kilobits int) bool {
	switch kilobits {
	case 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 192, 224, 256, 320:
		return true
	}
	return false
}

// RenditionOf returns the mount that the one of this name is a rendition of, or
// "".
func (c *Config) RenditionOf(name string) string {
	for _, m := range c.Mounts {
		for _, rendition := range m.Renditions {
			if rendition.Name == name {
				return m.Name
			}
		}
	}
	return ""
}

// RootOf returns the mount that a rendition, or a rendition of one, is made of
// in the end. Every other mount is its own root.
func (c *Config) RootOf(name string) string {
	way := []string{name}
	for of := c.RenditionOf(name); of != "" && !slices.Contains(way, of); of = c.RenditionOf(of) {
		way = append(way, of)
	}
	return way[len(way)-1]
}

// renditionLoop returns the way by which a mount is a rendition of itself, or nil.
func (c *Config) renditionLoop(name string) []string {
	way := []string{name}
	for of := c.RenditionOf(name); of != ""; of = c.RenditionOf(of) {
		way = append(way, of)
		if of == name {
			return way
		}
		if slices.Contains(way[:len(way)-1], of) {
			return nil // the circle is that of others
		}
	}
	return nil
}

// inherit gives a rendition the rules of the mount it is made of: who may
// listen, for how long and how many at once, whether it is listed, and whose
// logins open its titles and commands. The tables in own are those that name the
// rendition and not that mount, the most general first: what they say of
// listeners counts for the rendition. Logins for sources never do, since nobody
// sends to a rendition.
func (m *Mount) inherit(of Mount, own []*Mount) {
	onSource := m.ListenerAuth.OnSource
	m.ListenerAuth = of.ListenerAuth
	m.Hidden, m.MaxListeners, m.MaxDuration = of.Hidden, of.MaxListeners, of.MaxDuration
	for _, table := range own {
		m.ListenerAuth.overlay(table.ListenerAuth)
		if table.Hidden || table.set["hidden"] {
			m.Hidden = table.Hidden
		}
		if table.MaxListeners != 0 || table.set["max_listeners"] {
			m.MaxListeners = table.MaxListeners
		}
		if table.MaxDuration != 0 || table.set["max_duration"] {
			m.MaxDuration = table.MaxDuration
		}
	}
	m.ListenerAuth.OnSource, m.ListenerAuth.StreamAuth = onSource, of.ListenerAuth.StreamAuth
	m.SourceUser, m.SourcePassword, m.Sources = of.SourceUser, of.SourcePassword, of.Sources
}
