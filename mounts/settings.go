package mounts

import (
	"slices"

	"relay/conf"
)

// settings are the settings of one mount in one configuration.
type settings struct {
	of    *conf.Config
	mount conf.Mount
}

// Config returns the mount's settings in force. They must not be changed.
func (m *Mount) Config() *conf.Mount {
	inForce := m.registry.conf.Config()
	s := m.settings.Load()
	if s == nil || s.of != inForce {
		s = &settings{inForce, inForce.Mount(m.Name)}
		m.settings.Store(s)
	}
	return &s.mount
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
	return kept{m.Config().Burst, int64(m.registry.conf.Config().Limits.Buffer)}
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
