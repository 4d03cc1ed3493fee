package conf

import "time"

// The minimums of Mount.Rewind and Mount.RewindSpace, if they are not 0.
const (
	MinRewind      = Duration(time.Minute)
	MinRewindSpace = Size(16 << 20)
)

// checkRewind reports what is wrong with the settings of a mount for its rewind.
func (m *Mount) checkRewind(r *reader, p path) {
	m.RewindDir = r.resolve(m.RewindDir)
	if m.Rewind != 0 && m.Rewind < MinRewind {
		r.fail(p.key("rewind"), "must be 0 (off) or at least %v", MinRewind)
	}
	if m.RewindSpace != 0 && m.RewindSpace < MinRewindSpace {
		r.fail(p.key("rewind_space"), "must be 0 (no limit) or at least %v", MinRewindSpace)
	}
}

// checkRewinds reports mounts whose rewind has no folder, by their own settings and those
// of patterns.
func checkRewinds(r *reader, p path, c *Config) {
	for i, m := range c.Mounts {
		key := p.item(i).key("rewind")
		if m.Rewind > 0 && r.usable(key) && c.Mount(m.Name).RewindDir == "" {
			r.fail(key, `needs a folder for what is kept: add rewind_dir = "/var/lib/relay/rewind"`)
		}
	}
}
