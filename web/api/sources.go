package api

import (
	"net/http"
	"net/netip"
	"time"

	"relay/mounts"
)

// Source is an input of a mount.
type Source struct {
	Mount   string     `json:"mount"`
	Kind    string     `json:"kind"` // live, relay, rendition, fallback, files, silence
	Name    string     `json:"name"` // name of the station, as the source sent it
	OnAir   bool       `json:"on_air"`
	Addr    netip.Addr `json:"addr"`  // empty: this server
	Agent   string     `json:"agent"` // as it named itself
	User    string     `json:"user"`  // user name of its login
	From    string     `json:"from"`  // name of the mount whose stream a fallback plays
	Since   time.Time  `json:"since"`
	BitRate int        `json:"bitrate"` // kbit/s: measured on the air, otherwise as announced

	Format            *Format `json:"format"`             // of its audio as it comes; null: not known
	Conversion        string  `json:"conversion"`         // to the format of the mount: none, running, failed
	ConversionProblem string  `json:"conversion_problem"` // why it has failed

	Reception *mounts.Reception `json:"reception"` // null: it does not come over a network, or comes from this very server
}

// sourcesOf returns the inputs of a mount, best first.
func sourcesOf(m *mounts.Mount) []Source {
	measured := m.Programme().BitRate
	var list []Source
	for _, in := range m.Inputs() {
		s := Source{
			Mount: m.Name, Kind: in.Kind.String(), Name: in.Station.Name, OnAir: in.OnAir, Addr: in.Addr,
			Agent: in.Station.Agent, User: in.User, From: in.From, Since: in.Since, BitRate: in.Station.BitRate,
			Format: formatOf(in.CameAs), Reception: in.Reception,
		}
		s.Conversion, s.ConversionProblem = conversionOf(in)
		if in.OnAir {
			s.BitRate = measured
		}
		list = append(list, s)
	}
	return list
}

// sources lists the inputs of all mounts.
func (h *Handlers) sources(c *call) error {
	var list []Source
	for _, m := range h.Registry.List() {
		list = append(list, sourcesOf(m)...)
	}
	return c.answer(http.StatusOK, all(list))
}

// kickSource disconnects the live source of a mount. The source may connect again.
func (h *Handlers) kickSource(c *call) error {
	m, err := h.configured(c)
	if err != nil {
		return err
	}
	var source *mounts.Input
	if m != nil {
		source = m.Source()
	}
	if source == nil {
		return problem(http.StatusNotFound, "%s has no source", c.mount)
	}
	source.Kick()
	return c.done()
}
