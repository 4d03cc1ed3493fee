package conf

import (
	"slices"
	"strings"
)

// Rendition is a [[mount.rendition]]: the same programme at another bit rate or by another
// codec, made by an encoder that the server runs.
type Rendition struct {
	// Name is the mount of the rendition.
	Name string `toml:"name"`
	// Codec is one of Codecs; empty: MP3.
	Codec string `toml:"codec"`
	// BitRate is in kbit/s. FLAC has none.
	BitRate int `toml:"bitrate"`
	// Command is run by the shell. It reads the audio of the mount from its standard input
	// and writes that of the rendition to its standard output; the variable RELAY_BITRATE
	// holds the bit rate. Empty: ffmpeg.
	Command string `toml:"command"`
	// OnDemand runs the encoder only while the rendition has listeners.
	OnDemand bool `toml:"on_demand"`
}

// checkRenditions reports what is wrong with the individual renditions of a mount.
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
		checkCodec(r, at.key("codec"), rendition.Codec)
		switch made := rendition.Command == "" && !r.failed[rate.id]; {
		case !r.given(rate):
			if rendition.Codec != FLAC {
				r.fail(rate, "needs a bit rate in kbit/s, such as bitrate = 64")
			}
		case rendition.Codec == "" || rendition.Codec == MP3:
			if made && !isLayerIIIRate(rendition.BitRate) {
				r.fail(rate, "is not a bit rate of MP3: use 8 to 320, such as 32, 64, 96, 128, 192")
			}
		case made && (rendition.BitRate < 8 || rendition.BitRate > 512):
			r.fail(rate, "is not a bit rate of %s in kbit/s: use 8 to 512", codecName(rendition.Codec))
		}
		checkText(r, at.key("command"), rendition.Command)
	}
}

// checkRenditionNames reports mounts with two encoders, and renditions of themselves.
func checkRenditionNames(r *reader, p path, c *Config) {
	seen := map[string]bool{}
	for i, m := range c.Mounts {
		for n, rendition := range m.Renditions {
			name := p.item(i).key("rendition").item(n).key("name")
			if seen[rendition.Name] && !r.failed[name.id] {
				r.fail(name, "is already a rendition: each mount has one encoder")
			}
			seen[rendition.Name] = true
			if way := c.renditionLoop(rendition.Name); way != nil {
				r.fail(name, "is a rendition of itself: %s", strings.Join(way, " → "))
			}
		}
	}
}

// isLayerIIIRate reports whether MPEG-1 or MPEG-2 layer III has this bit rate.
func isLayerIIIRate(kilobits int) bool {
	switch kilobits {
	case 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 192, 224, 256, 320:
		return true
	}
	return false
}

// RenditionOf returns the mount of which name is a rendition, or "".
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

// RootOf returns the mount from which a rendition, or a rendition of one, is ultimately
// made. Every other mount is its own root.
func (c *Config) RootOf(name string) string {
	way := []string{name}
	for of := c.RenditionOf(name); of != "" && !slices.Contains(way, of); of = c.RenditionOf(of) {
		way = append(way, of)
	}
	return way[len(way)-1]
}

// renditionLoop returns the chain by which a mount is a rendition of itself, or nil.
func (c *Config) renditionLoop(name string) []string {
	way := []string{name}
	for of := c.RenditionOf(name); of != ""; of = c.RenditionOf(of) {
		way = append(way, of)
		if of == name {
			return way
		}
		if slices.Contains(way[:len(way)-1], of) {
			return nil // the loop does not include this mount
		}
	}
	return nil
}

// inherit gives a rendition the rules of the mount it is made of: who may listen, for
// how long and how many at once, whether it is listed, and which logins may change its
// titles and control it. own are the tables that apply to the rendition but not to that
// mount, the most general first: their settings for listeners apply to the rendition.
// Their source logins do not, since no source can send to a rendition.
func (m *Mount) inherit(of Mount, own []*Mount) {
	onSource := m.ListenerAuth.OnSource
	m.ListenerAuth = of.ListenerAuth
	m.Hidden, m.MaxListeners, m.MaxDuration = of.Hidden, of.MaxListeners, of.MaxDuration
	m.HLS, m.HLSWindow = of.HLS, of.HLSWindow
	for _, table := range own {
		m.ListenerAuth.overlay(table.ListenerAuth)
		if table.Hidden || table.set["hidden"] {
			m.Hidden = table.Hidden
		}
		if table.MaxListeners != 0 || table.set["max_listeners"] {
			m.MaxListeners = table.MaxListeners
		}
		if table.HLS || table.set["hls"] {
			m.HLS = table.HLS
		}
		if table.HLSWindow != 0 {
			m.HLSWindow = table.HLSWindow
		}
		if table.MaxDuration != 0 || table.set["max_duration"] {
			m.MaxDuration = table.MaxDuration
		}
	}
	m.ListenerAuth.OnSource, m.ListenerAuth.StreamAuth = onSource, of.ListenerAuth.StreamAuth
	m.SourceUser, m.SourcePassword, m.Sources = of.SourceUser, of.SourcePassword, of.Sources
}
