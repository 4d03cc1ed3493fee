package api

import (
	"net/http"
	"time"

	"relay/internal/version"
)

// status answers with the public state of all mounts.
func (h *Handlers) status(c *call) error {
	type server struct {
		Name    string    `json:"name"`
		Version string    `json:"version"`
		Started time.Time `json:"started"`
	}
	answer := struct {
		Server    server  `json:"server"`
		Mounts    []Mount `json:"mounts"`
		Listeners *int    `json:"listeners,omitempty"`
	}{Server: server{"relay", version.Number, h.Started}, Mounts: []Mount{}}
	config := h.Conf.Config()
	counted := config.Page.ShowListeners || c.by.operator
	total := 0
	for _, m := range h.Registry.List() {
		if m.Config().Hidden && !c.by.sees(h.Conf.Config(), m.Name) {
			continue
		}
		d := describe(config, m)
		total += *d.Listeners
		if !counted {
			d = d.withoutListeners()
		}
		answer.Mounts = append(answer.Mounts, d)
	}
	if counted {
		answer.Listeners = &total
	}
	return c.answer(http.StatusOK, answer)
}

// titles answers with the titles that a mount has played.
func (h *Handlers) titles(c *call) error {
	m, err := h.configured(c)
	if err != nil {
		return err
	}
	if h.Conf.Config().Mount(c.mount).Hidden && !c.by.sees(h.Conf.Config(), c.mount) {
		return noMount(c.mount)
	}
	if m == nil {
		return c.answer(http.StatusOK, all[Title](nil))
	}
	return c.answer(http.StatusOK, all(describe(h.Conf.Config(), m).History))
}
