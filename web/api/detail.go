package api

import (
	"math"
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
	MaxListeners int            `json:"max_listeners"` // 0: limited only by the server
	Received     int64          `json:"received"`      // bytes
	Sent         int64          `json:"sent"`          // bytes
	Skips        int64          `json:"skips"`         // listeners moved forward because they fell behind
	Slow         int64          `json:"slow"`          // listeners dropped because they were slow
	Lead         Lead           `json:"lead"`
	Fallbacks    []string       `json:"fallbacks"`
	Format       *Format        `json:"format"`           // that all audio of the mount has; null: not decided yet
	Source       *Source        `json:"source"`           // the one on the air, or the best that waits; null: none
	Config       map[string]any `json:"config,omitempty"` // the keys of [[mount]] in force
}

// Lead is how much audio the listeners of a mount hold, in seconds.
type Lead struct {
	Seconds float64            `json:"seconds"` // held by a listener that joined with a whole burst
	Debt    float64            `json:"debt"`    // what breaks have cost and is still to be paid
	Paid    map[string]float64 `json:"paid"`    // how the mount made up for breaks and surplus audio
}

func leadOf(s mounts.Status, t mounts.Totals) Lead {
	l := Lead{Seconds: s.Lead.Seconds, Debt: s.Lead.Debt, Paid: map[string]float64{}}
	for how, length := range t.Paid {
		l.Paid[string(how)] = math.Round(length.Seconds()*1000) / 1000
	}
	return l
}

// detail returns the whole state of a mount, without its settings.
func detail(c *conf.Config, m *mounts.Mount) MountDetail {
	s := m.Status()
	d := MountDetail{
		Mount: describe(c, m), Hidden: s.Hidden, Declared: isDeclared(c, m.Name),
		Peak: s.Peak, MaxListeners: s.MaxListeners, Received: s.Received, Sent: s.Sent, Skips: s.Skips, Slow: s.Slow,
		Lead: leadOf(s, m.Totals()), Fallbacks: m.Fallbacks(), Format: formatOf(m.Format()),
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

// detailOf returns the state of a mount that is declared, exists, or is fed by a
// relay or a rendition when possible. ok is false if it is none of these.
func (h *Handlers) detailOf(name string) (d MountDetail, ok bool) {
	c := h.Conf.Config()
	settings := c.Mount(name)
	if m := h.Registry.Find(name); m != nil {
		d = detail(c, m)
	} else if isDeclared(c, name) || h.Registry.IsPromised(name) {
		d = MountDetail{Mount: declared(c, name, h.Registry.AbsentState(name)), Hidden: settings.Hidden, Declared: isDeclared(c, name),
			MaxListeners: settings.MaxListeners, Lead: leadOf(mounts.Status{}, h.Registry.Totals(name)), Fallbacks: append([]string{}, settings.Fallbacks...),
			Format: formatOf(mounts.ConfiguredFormat(c, name))}
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
	for _, name := range h.Registry.Promised() {
		names[name] = true
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

// mount answers with the state of one mount.
func (h *Handlers) mount(c *call) error {
	d, ok := h.detailOf(c.mount)
	if !ok {
		return noMount(c.mount)
	}
	return c.answer(http.StatusOK, d)
}
