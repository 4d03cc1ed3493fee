package api

import (
	"net/http"

	"relay/icy"
	"relay/mounts"
)

// longestTitle is how long a title or its address may be, in bytes: what the
// announcement to listeners has room for, and more.
const longestTitle = 4096

// setTitle sets what the source of a mount plays: of several, the one that
// came with the caller's login.
func (h *Handlers) setTitle(c *call) error {
	var given struct {
		Title string `json:"title"`
		URL   string `json:"url,omitempty"`
	}
	if err := c.decode(&given); err != nil {
		return err
	}
	if len(given.Title) > longestTitle || len(given.URL) > longestTitle {
		return problem(http.StatusBadRequest, "a title and its url may have %d bytes each", longestTitle)
	}
	m, err := h.existing(c)
	if err != nil {
		return err
	}
	user := c.by.user
	if c.by.operator {
		user = ""
	}
	source := m.SourceOf(user)
	if source == nil {
		return problem(http.StatusConflict, "%s has no source now whose title could be set", c.mount)
	}
	source.SetTitle(mounts.Title{Text: icy.Text(given.Title, "", ""), URL: icy.Text(given.URL, "", "")})
	return c.done()
}
