package api

import (
	"net/http"

	"relay/ingest"
	"relay/mounts"
)

// studio shows a mount's DJ the state of the stream. The mount of a source's login
// need not exist: its first source may be yet to come.
func (h *Handlers) studio(c *call) error {
	if !h.mayKnow(c, c.mount) {
		return noMount(c.mount)
	}
	var answer struct {
		Mount       string          `json:"mount"`
		State       string          `json:"state"`  // of the mount
		OnAir       bool            `json:"on_air"` // a live source is on the air
		Listeners   int             `json:"listeners"`
		Peak        int             `json:"peak"`
		BitRate     int             `json:"bitrate"` // kbit/s, of the input on the air
		Playing     *Title          `json:"playing"`
		Titles      []Title         `json:"titles"` // newest first
		Source      *Source         `json:"source"` // the live source; null: none is connected
		LastRefusal *ingest.Refused `json:"last_refusal"`

		Reception *mounts.Reception `json:"reception"` // of that source
	}
	answer.Mount, answer.State, answer.Titles = c.mount, mounts.Waiting, []Title{}
	if m := h.Registry.Find(c.mount); m != nil {
		d := describe(h.Conf.Config(), m)
		answer.Listeners, answer.Peak, answer.BitRate = *d.Listeners, m.Audience.Peak(), d.BitRate
		answer.State, answer.Playing, answer.Titles = d.State, d.Playing, d.History
		for _, s := range sourcesOf(m) {
			if s.Kind == mounts.LiveSource.String() && (answer.Source == nil || s.OnAir) {
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
