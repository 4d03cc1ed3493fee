package api

import (
	"net/http"

	"relay/ingest"
	"relay/mounts"
)

// studio tells a mount's DJ how his stream is doing. The mount need not be
// there: then nobody is on the air.
func (h *Handlers) studio(c *call) error {
	var answer struct {
		Mount       string          `json:"mount"`
		OnAir       bool            `json:"on_air"` // a live source is
		Listeners   int             `json:"listeners"`
		Peak        int             `json:"peak"`
		BitRate     int             `json:"bitrate"` // kbit/s, of what is on the air
		Playing     *Title          `json:"playing"`
		Titles      []Title         `json:"titles"` // newest first
		Source      *Source         `json:"source"` // the live source; null: none is connected
		LastRefusal *ingest.Refused `json:"last_refusal"`

		Reception *mounts.Reception `json:"reception"` // of that source
	}
	answer.Mount, answer.Titles = c.mount, []Title{}
	if m := h.Registry.Find(c.mount); m != nil {
		d := describe(h.Conf.Config(), m)
		answer.Listeners, answer.Peak, answer.BitRate = *d.Listeners, m.Audience.Peak(), d.BitRate
		answer.Playing, answer.Titles = d.Playing, d.History
		for _, s := range sourcesOf(m) {
			if s.Kind == mounts.Live.String() && (answer.Source == nil || s.OnAir) {
				answer.Source, answer.OnAir = &s, s.OnAir
			}
		}
	}
	if answer.Source != nil {
		answer.Reception = answer.Source.Reception
	}
	if r, ok := h.Refusals.Last(c.mount); ok {
		answer.LastRefusal = &r
	}
	return c.answer(http.StatusOK, answer)
}
