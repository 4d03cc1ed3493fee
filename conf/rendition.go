package conf

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

// checkRenditionNames reports mounts that two encoders would feed.
func checkRenditionNames(r *reader, p path, c *Config) {
	seen := map[string]bool{}
	for i, m := range c.Mounts {
		for n, rendition := range m.Renditions {
			name := p.item(i).key("rendition").item(n).key("name")
			if seen[rendition.Name] && !r.failed[name.id] {
				r.fail(name, "is a rendition already: each mount has one encoder")
			}
			seen[rendition.Name] = true
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
