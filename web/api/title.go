package api

import (
	"net/http"

	"relay/icy"
	"relay/mounts"
)

// maxTitle bounds a title and its address, in bytes: more than a metadata block
// holds.
const maxTitle = 4096

// setTitle sets the title of a mount's live source; if there are several, of the one
// with the caller's login.
func (h *Handlers) setTitle(c *call) error {
	var given struct {
		Title string `json:"title"`
		URL   string `json:"url,omitempty"`
	}
	if err := c.decode(&given); err != nil {
		return err
	}
	if len(given.Title) > maxTitle || len(given.URL) > maxTitle {
		return problem(http.StatusBadRequest, "a title and its url may have %d bytes each", maxTitle)
	}
	m, err := h.configured(c)
	if err != nil && !opens(h.Conf.Config(), c.by.mount, c.mount) {
		return err
	}
	user := c.by.user
	if c.by.operator {
		user = ""
	}
	var source *mounts.Input
	if m != nil {
		source = m.SourceOf(user)
	}
	if source == nil {
		return noTitleToSet(c.mount, m)
	}
	source.SetTitle(mounts.Title{Text: icy.Text(given.Title, "", ""), URL: icy.Given(icy.Text(given.URL, "", ""))})
	return c.done()
}

// noTitleToSet returns the Problem that a mount has no source whose title could be
// set. m is nil if nothing plays.
func noTitleToSet(mount string, m *mounts.Mount) *Problem {
	if m == nil || !m.Playing() {
		return problem(http.StatusConflict, "%s is idle: no source is connected whose title could be set", mount)
	}
	return problem(http.StatusConflict, "no source is connected to %s whose title could be set: what plays there brings its own titles", mount)
}
