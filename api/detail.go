package api

import (
	"net/http"
	"slices"
	"strings"

	"relay/conf"
	"relay/mounts"
)

// MountDetail is a mount as operators see it.
type MountDetail struct {
	Mount
	Hidden       bool           `json:"hidden"`
	Declared     bool           `json:"declared"` // by name in the configuration
	Peak         int            `json:"peak"`
	MaxListeners int            `json:"max_listeners"` // 0: as many as the server
	Received     int64          `json:"received"`      // bytes
	Sent         int64          `json:"sent"`          // bytes
	Skips        int64          `json:"skips"`         // listeners moved forward because they fell behind
	Slow         int64          `json:"slow"`          // listeners dropped because they were slow
	Fallbacks    []string       `json:"fallbacks"`
	Source       *Source        `json:"source"`           // the one on the air, or the best that waits; null: none
	Config       map[string]any `json:"config,omitempty"` // the keys of [[mount]] that are in force
}

// detail returns all there is to know of a mount but its settings.
func detail(c *conf.Config, m *mounts.Mount) MountDetail {
	s := m.Status()
	d := MountDetail{
		Mount: describe(c, m), Hidden: s.Hidden, Declared: isDeclared(c, m.Name),
		Peak: s.Peak, MaxListeners: s.MaxListeners, Received: s.Received, Sent: s.Sent, Skips: s.Skips, Slow: s.Slow,
		Fallbacks: m.Fallbacks(),
	}
	if d.Fallbacks == nil {
		d.Fallbacks = []string{}
	}
	inputs := sourcesOf(m)
	onAir := slices.IndexFunc(inputs, func(s Source) bool { return s.OnAir })
	if len(inputs) > 0 {
		d.Source = &inputs[max(0, onAir)]
	}
	return d
}

// detailOf returns all there is to know of a mount that is declared or there.
// ok is false when it is neither.
func (h *Handlers) detailOf(name string) (d MountDetail, ok bool) {
	c := h.Conf.Config()
	settings := c.Mount(name)
	if m := h.Registry.Find(name); m != nil {
		d = detail(c, m)
	} else if isDeclared(c, name) {
		d = MountDetail{Mount: declared(c, name), Hidden: settings.Hidden, Declared: true,
			MaxListeners: settings.MaxListeners, Fallbacks: append([]string{}, settings.Fallbacks...)}
	} else {
		return MountDetail{}, false
	}
	d.Config = settingsOf(settings)
	return d, true
}

// mounts lists all mounts, by name.
func (h *Handlers) mounts(c *call) error {
	names := map[string]bool{}
	for _, m := range h.Conf.Config().Mounts {
		names[m.Name] = !m.IsPattern()
	}
	for _, m := range h.Registry.List() {
		names[m.Name] = true
	}
	var items []MountDetail
	for name := range names {
		if d, ok := h.detailOf(name); ok {
			items = append(items, d)
		}
	}
	slices.SortFunc(items, func(a, b MountDetail) int { return strings.Compare(a.Name, b.Name) })
	return c.answer(http.StatusOK, all(items))
}

// mount tells about one mount.
func (h *Handlers) mount(c *call) error {
	d, ok := h.detailOf(c.mount)
	if !ok {
		return noMount(c.mount)
	}
	return c.answer(http.StatusOK, d)
}
