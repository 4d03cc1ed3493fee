package mounts

import (
	"slices"
	"time"

	"relay/codec"
	"relay/conf"
)

// settings are the settings of one mount in one configuration.
type settings struct {
	of     *conf.Config
	mount  conf.Mount
	format codec.Format // see ConfiguredFormat
}

// Config returns the mount's settings in force. They must not be changed.
func (m *Mount) Config() *conf.Mount { return &m.inForce().mount }

// configuredFormat returns the format that the configuration in force asks for.
func (m *Mount) configuredFormat() codec.Format { return m.inForce().format }

// inForce returns the settings in force.
func (m *Mount) inForce() *settings {
	inForce := m.registry.conf.Config()
	s := m.settings.Load()
	if s == nil || s.of != inForce {
		s = &settings{inForce, inForce.Mount(m.Name), ConfiguredFormat(inForce, m.Name)}
		m.settings.Store(s)
	}
	return s
}

// Charset returns the charset of a mount, existing or not, for texts without a charset.
func (r *Registry) Charset(mount string) string { return r.conf.Config().Mount(mount).Charset }

// Reconfigure applies a new configuration to the existing mounts, as far as they do not
// read it themselves: the order of their inputs, and how much audio they keep for new
// listeners. It interrupts nothing on the air: a source whose login was removed stays
// until it leaves, behind those with a login. Only live sources of a mount that has
// become a rendition are removed.
func (r *Registry) Reconfigure() {
	defer r.held.Write()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.mounts {
		m.reconfigure()
	}
}

// keeps returns how much of its stream the mount keeps for new listeners.
func (m *Mount) keeps() kept {
	burst := m.Config().Burst
	burst.Time = longestBurst(burst.Time)
	if m.Config().Rewind > 0 {
		burst.Time = max(burst.Time, keptUntilWritten)
	}
	return kept{burst, int64(m.registry.conf.Config().Limits.Buffer)}
}

// keptUntilWritten is how much a mount with a rewind keeps, so that a listener which has heard
// all of the rewind finds what follows in the stream.
const keptUntilWritten = conf.Duration(20 * time.Second)

// blockBurst is enough for a player that reads in blocks of 32 KiB, and a second more, at
// bit rates from 40 kbit/s on: Chromium plays nothing of a block that is not complete, so
// at 48 kbit/s, where a block has 5.5 s, it would run dry at the end of each with 5 s.
const blockBurst = 40 << 10

// longestBurst bounds what a burst of some time becomes for such players.
func longestBurst(configured conf.Duration) conf.Duration { return configured * 3 / 2 }

// Burst returns what a new listener gets at once: the configured burst or, at a low bit
// rate, a blockBurst. It takes no lock.
func (m *Mount) Burst() conf.Burst {
	b := m.Config().Burst
	if block := conf.Duration(m.PlayingTime(blockBurst)); block <= longestBurst(b.Time) {
		b.Time = max(b.Time, block)
	}
	return b
}

func (m *Mount) reconfigure() {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.Config()
	m.Stream.keep(m.keeps())
	if !slices.Equal(c.Fallbacks, m.declared) {
		m.declared, m.fallbacks = c.Fallbacks, slices.Clone(c.Fallbacks)
	}
	if of := m.registry.conf.Config().RenditionOf(m.Name); of != "" {
		for _, in := range slices.Clone(m.inputs) {
			if in.Kind == LiveSource {
				m.remove(in, &RenditionError{m.Name, of})
				m.goOnWithout(in)
			}
		}
	}
	m.reorder()
}
