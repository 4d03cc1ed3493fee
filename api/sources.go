package api

import (
	"net/http"
	"time"

	"relay/mounts"
)

// Source is an input of a mount.
type Source struct {
	Mount   string    `json:"mount"`
	Kind    string    `json:"kind"` // live, relay, rendition, fallback, files, silence
	Name    string    `json:"name"` // of the station, in the source's own words
	OnAir   bool      `json:"on_air"`
	Addr    string    `json:"addr"`  // IP address; empty: the server's own
	Agent   string    `json:"agent"` // as it named itself
	User    string    `json:"user"`  // whose login it came with
	From    string    `json:"from"`  // the mount whose stream it is, of a fallback
	Since   time.Time `json:"since"`
	BitRate int       `json:"bitrate"` // kbit/s: measured on the air, otherwise as claimed

	Reception *mounts.Reception `json:"reception"` // null: it does not come over a network, or from this very server
}

// sourcesOf returns the inputs of a mount, best first.
func sourcesOf(m *mounts.Mount) []Source {
	measured := m.Programme().BitRate
	var list []Source
	for _, in := range m.Inputs() {
		s := Source{
			Mount: m.Name, Kind: in.Kind.String(), Name: in.Station.Name, OnAir: in.OnAir, Addr: in.Addr,
			Agent: in.Station.Agent, User: in.User, From: in.From, Since: in.Since, BitRate: in.Station.BitRate,
			Reception: in.Reception,
		}
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

// kickSource ends the live source of a mount. Nothing keeps it from coming
// back.
func (h *Handlers) kickSource(c *call) error {
	m, err := h.existing(c)
	if err != nil {
		return err
	}
	source := m.Source()
	if source == nil {
		return problem(http.StatusNotFound, "%s has no source now", c.mount)
	}
	source.Kick()
	return c.done()
}
