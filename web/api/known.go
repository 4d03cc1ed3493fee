package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"relay/conf"
	"relay/mounts"
)

// lookupTimeout is how long the history may take to look a mount up.
const lookupTimeout = time.Second

// noMount is the answer of every operation on an unknown mount.
func noMount(name string) *Problem {
	return problem(http.StatusNotFound, "there is no mount %s", name)
}

// configured returns the mount in the path, or nil if it is configured and nothing
// plays there now. The error is noMount.
func (h *Handlers) configured(c *call) (*mounts.Mount, error) {
	m := h.Registry.Find(c.mount)
	if m == nil && !isConfigured(h.Conf.Config(), c.mount) {
		return nil, noMount(c.mount)
	}
	return m, nil
}

// onAir returns the mount in the path; something plays there or could. The error is a
// *Problem.
func (h *Handlers) onAir(c *call) (*mounts.Mount, error) {
	m, err := h.configured(c)
	if err == nil && m == nil {
		err = problem(http.StatusConflict, "nothing plays on %s", c.mount)
	}
	return m, err
}

// isConfigured reports whether the configuration names a mount: as a mount, as a
// rendition or as the mount of a relay.
func isConfigured(c *conf.Config, name string) bool {
	return isDeclared(c, name) || c.RenditionOf(name) != "" ||
		slices.ContainsFunc(c.Relays, func(r conf.Relay) bool { return r.Mount == name })
}

// isThere reports whether a mount exists or is configured.
func (h *Handlers) isThere(name string) bool {
	return h.Registry.Find(name) != nil || isConfigured(h.Conf.Config(), name)
}

// isKnown reports whether a mount exists, is configured or is in the history.
func (h *Handlers) isKnown(ctx context.Context, name string) bool {
	if h.isThere(name) {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	was, err := h.History.Has(ctx, name)
	return was && err == nil
}

// mayKnow reports whether a mount is known and the caller may know of it. A source's
// login knows its mount before the source has come.
func (h *Handlers) mayKnow(c *call, name string) bool {
	config := h.Conf.Config()
	if opens(config, c.by.mount, name) {
		return true
	}
	return (c.by.operator || !config.Mount(name).Hidden) && h.isKnown(c.r.Context(), name)
}
