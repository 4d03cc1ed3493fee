package api

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"relay/internal/netconn"
	"relay/mounts"
)

// Listener is a listener of a mount.
type Listener struct {
	ID    uint64     `json:"id"`
	Addr  netip.Addr `json:"addr"`
	Agent string     `json:"agent"`
	Via   string     `json:"via"`  // the way in which it listens, see mounts.Via
	User  string     `json:"user"` // user name of its login; empty: none
	Since time.Time  `json:"since"`
	Sent  int64      `json:"sent"` // bytes
}

// listeners lists the listeners of a mount in the order in which they came.
func (h *Handlers) listeners(c *call) error {
	m, err := h.configured(c)
	if err != nil {
		return err
	}
	offset, limit, err := pageIn(c.query, usualItems)
	if err != nil {
		return err
	}
	var found []*mounts.Listener
	if m != nil {
		found = m.Audience.List()
	}
	if q := strings.ToLower(c.query.Get("q")); q != "" {
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
		page.Items = append(page.Items, Listener{l.ID, l.Addr, l.Agent(), l.Via.String(), l.User(), l.Since, l.Sent.Load()})
	}
	return c.answer(http.StatusOK, page)
}

// isLike reports whether a listener's address, player or user name contains text,
// which is in lower case.
func isLike(l *mounts.Listener, text string) bool {
	for _, in := range []string{netconn.Text(l.Addr), l.Agent(), l.User()} {
		if strings.Contains(strings.ToLower(in), text) {
			return true
		}
	}
	return false
}

// kickListener disconnects one listener.
func (h *Handlers) kickListener(c *call) error {
	m, err := h.configured(c)
	if err != nil {
		return err
	}
	id, err := strconv.ParseUint(mux.Vars(c.r)["id"], 10, 64)
	if err != nil || m == nil || !m.Audience.Order(id, mounts.Order{}) {
		return problem(http.StatusNotFound, "%s has no listener with this number", c.mount)
	}
	return c.done()
}

// moveListeners moves listeners of a mount, or all of them, to another mount.
func (h *Handlers) moveListeners(c *call) error {
	var given struct {
		To  string   `json:"to"`
		IDs []uint64 `json:"ids,omitempty"`
	}
	if err := c.decode(&given); err != nil {
		return err
	}
	from, err := h.onAir(c)
	if err != nil {
		return err
	}
	to := h.Registry.Find(given.To)
	switch {
	case to == from:
		return problem(http.StatusConflict, "the listeners are on %s already", given.To)
	case to == nil || !to.Playing():
		return problem(http.StatusConflict, "nothing plays on %s", given.To)
	case !to.Suits(from):
		return problem(http.StatusConflict, "listeners cannot be moved to %s: they were told %s, and it has %s", given.To, from.Programme().Type, to.Programme().Type)
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
