package api

import (
	"net/http"
	"time"

	"relay/mounts"
)

// studio tells a mount's DJ how his stream is doing. The mount need not be
// there: then nobody is on the air.
func (h *Handlers) studio(c *call) error {
	type refused struct {
		When   time.Time `json:"when"`
		Addr   string    `json:"addr"`
		Agent  string    `json:"agent"`
		Reason string    `json:"reason"`
	}
	var answer struct {
		Mount       string   `json:"mount"`
		OnAir       bool     `json:"on_air"` // a live source is
		Listeners   int      `json:"listeners"`
		Peak        int      `json:"peak"`
		BitRate     int      `json:"bitrate"` // kbit/s, of what is on the air
		Playing     *Title   `json:"playing"`
		Titles      []Title  `json:"titles"` // newest first
		Source      *Source  `json:"source"` // the live source; null: none is connected
		LastRefusal *refused `json:"last_refusal"`
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
	if r, ok := h.Gate.LastRefused(c.mount); ok {
		answer.LastRefusal = &refused{r.When, r.Addr, r.Agent, r.Reason}
	}
	return c.answer(http.StatusOK, answer)
}
