package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"relay/mounts"
)

// Listener is one who listens.
type Listener struct {
	ID    uint64    `json:"id"`
	Addr  string    `json:"addr"` // IP address
	Agent string    `json:"agent"`
	User  string    `json:"user"` // whose login he came with; empty: none
	Since time.Time `json:"since"`
	Sent  int64     `json:"sent"` // bytes
}

// listeners lists who listens to a mount, in the order they came.
func (h *Handlers) listeners(c *call) error {
	m, err := h.existing(c)
	if err != nil {
		return err
	}
	query, err := queryOf(c.r, "offset", "limit", "q")
	if err != nil {
		return err
	}
	offset, limit, err := pageIn(query, usualItems)
	if err != nil {
		return err
	}
	found := m.Audience.List()
	if q := strings.ToLower(query.Get("q")); q != "" {
		kept := found[:0]
		for _, l := range found {
			if isLike(l, q) {
				kept = append(kept, l)
			}
		}
		found = kept
	}
	total := len(found)
	found = found[min(offset, total):]
	found = found[:min(limit, len(found))]
	page := list[Listener]{Items: []Listener{}, Total: total}
	for _, l := range found {
		page.Items = append(page.Items, Listener{l.ID, l.Addr, l.Agent, l.User, l.Since, l.Sent.Load()})
	}
	return c.answer(http.StatusOK, page)
}

// isLike tells whether a listener's address, player or name has a text, in
// small letters.
func isLike(l *mounts.Listener, text string) bool {
	for _, in := range []string{l.Addr, l.Agent, l.User} {
		if strings.Contains(strings.ToLower(in), text) {
			return true
		}
	}
	return false
}

// kickListener lets one listener go.
func (h *Handlers) kickListener(c *call) error {
	m, err := h.existing(c)
	if err != nil {
		return err
	}
	id, err := strconv.ParseUint(mux.Vars(c.r)["id"], 10, 64)
	if err != nil || !m.Audience.Order(id, mounts.Order{}) {
		return problem(http.StatusNotFound, "%s has no listener of this number now", c.mount)
	}
	return c.done()
}

// moveListeners sends listeners of a mount, or all, to another.
func (h *Handlers) moveListeners(c *call) error {
	var given struct {
		To  string   `json:"to"`
		IDs []uint64 `json:"ids,omitempty"`
	}
	if err := c.decode(&given); err != nil {
		return err
	}
	from, err := h.existing(c)
	if err != nil {
		return err
	}
	to := h.Registry.Find(given.To)
	switch {
	case to == from:
		return problem(http.StatusConflict, "they listen to %s already", given.To)
	case to == nil || !to.Playing():
		return problem(http.StatusConflict, "there is nothing to hear on %s now", given.To)
	}
	var answer struct {
		Moved int `json:"moved"`
	}
	order := mounts.Order{MoveTo: to}
	if given.IDs == nil {
		answer.Moved = from.Audience.OrderAll(order)
	}
	for _, id := range given.IDs {
		if from.Audience.Order(id, order) {
			answer.Moved++
		}
	}
	return c.answer(http.StatusOK, answer)
}
