package api

import (
	"net/http"

	"relay/conf"
)

// queue lists the next tracks that a mount plays from disk.
func (h *Handlers) queue(c *call) error {
	coming, err := h.Music.Coming(c.mount)
	if err != nil {
		return h.cannot(c, err)
	}
	type track struct {
		Title  string `json:"title"`
		File   string `json:"file"`   // the shortest name that puts it into the queue
		Queued bool   `json:"queued"` // by an operator
	}
	var tracks []track
	for _, t := range coming {
		tracks = append(tracks, track{t.Text, t.File, t.Queued})
	}
	return c.answer(http.StatusOK, all(tracks))
}

// unplayable lists the music that a mount cannot play, and why.
func (h *Handlers) unplayable(c *call) error {
	list, err := h.Music.Unplayable(c.mount)
	if err != nil {
		return h.cannot(c, err)
	}
	type file struct {
		File   string `json:"file"` // or how many files there are of its kind
		Reason string `json:"reason"`
	}
	var files []file
	for _, u := range list {
		files = append(files, file(u))
	}
	return c.answer(http.StatusOK, all(files))
}

// enqueue appends a file of the mount's music to the queue.
func (h *Handlers) enqueue(c *call) error {
	var given struct {
		File string `json:"file"`
	}
	if err := c.decode(&given); err != nil {
		return err
	}
	if err := h.Music.Queue(c.mount, given.File); err != nil {
		return h.cannot(c, err)
	}
	return c.done()
}

// clearQueue empties the queue.
func (h *Handlers) clearQueue(c *call) error {
	if err := h.Music.ClearQueue(c.mount); err != nil {
		return h.cannot(c, err)
	}
	return c.done()
}

// skip ends the current track.
func (h *Handlers) skip(c *call) error {
	if err := h.Music.Skip(c.mount); err != nil {
		return h.cannot(c, err)
	}
	return c.done()
}

// setFallbacks replaces the fallbacks of a mount until the mount ends.
func (h *Handlers) setFallbacks(c *call) error {
	var given struct {
		Fallbacks []string `json:"fallbacks"`
	}
	if err := c.decode(&given); err != nil {
		return err
	}
	for _, name := range given.Fallbacks {
		if err := conf.CheckMountName(name); err != nil && name != conf.FallbackFiles {
			return problem(http.StatusBadRequest, "the fallback %q %v", name, err)
		}
	}
	if err := h.Fallbacks.Set(c.mount, given.Fallbacks); err != nil {
		return h.cannot(c, err)
	}
	return c.answer(http.StatusOK, given)
}

// cannot turns a sentence for the operator into a Problem: the mount does not exist,
// or its state does not allow the operation.
func (h *Handlers) cannot(c *call, sentence error) error {
	if _, err := h.onAir(c); err != nil {
		return err
	}
	return problem(http.StatusConflict, "%v", sentence)
}
