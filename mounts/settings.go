package mounts

import (
	"slices"

	"relay/conf"
)

// settings are those of one mount in one configuration.
type settings struct {
	of    *conf.Config
	mount conf.Mount
}

// Config returns the mount's settings that are in force. They must not be
// changed.
func (m *Mount) Config() *conf.Mount {
	inForce := m.registry.conf.Config()
	s := m.settings.Load()
	if s == nil || s.of != inForce {
		s = &settings{inForce, inForce.Mount(m.Name)}
		m.settings.Store(s)
	}
	return &s.mount
}

// Charset returns the charset of a mount, there or not, in which texts are read that
// name none.
func (r *Registry) Charset(mount string) string { return r.conf.Config().Mount(mount).Charset }

// Reconfigure lets the mounts that are there follow a configuration that has
// been replaced, where they do not ask for it anyway: the order of their
// inputs, and how much they keep for newcomers. Nobody on the air is disturbed:
// a source whose login is no more stays until it leaves, behind those with one.
// Only the live sources of a mount that is a rendition by now are removed.
func (r *Registry) Reconfigure() {
	defer r.held.Write()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.mounts {
		m.reconfigure()
	}
}

func (m *Mount) reconfigure() {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.Config()
	m.Stream.keep(int64(c.Burst))
	if !slices.Equal(c.Fallbacks, m.declared) {
		m.declared, m.fallbacks = c.Fallbacks, slices.Clone(c.Fallbacks)
	}
	if of := m.registry.conf.Config().RenditionOf(m.Name); of != "" {
		for _, in := range slices.Clone(m.inputs) {
			if in.Kind == Live {
				m.remove(in, &RenditionError{m.Name, of})
				m.goOnWithout(in)
			}
		}
	}
	m.reorder()
}
