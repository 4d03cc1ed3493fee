package api

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"time"

	"relay/mounts"
)

// coverPath returns the path of the current cover of a mount, which differs from
// picture to picture; empty: it has none.
func coverPath(m *mounts.Mount) string {
	cover := m.Cover()
	if cover == nil {
		return ""
	}
	return prefix + "/mounts/" + url.PathEscape(strings.TrimPrefix(m.Name, "/")) + "/cover?v=" + cover.Sum
}

// cover sends the cover of the track that a mount plays now. The parameter v is
// ignored; it gives each picture its own address for caches.
func (h *Handlers) cover(c *call) error {
	m, err := h.configured(c)
	if err != nil {
		return err
	}
	if h.Conf.Config().Mount(c.mount).Hidden && !c.by.sees(h.Conf.Config(), c.mount) {
		return noMount(c.mount)
	}
	var cover *mounts.Cover
	if m != nil {
		cover = m.Cover()
	}
	if cover == nil {
		return problem(http.StatusNotFound, "%s plays nothing with a cover", c.mount)
	}
	header := c.w.Header()
	header.Set("Content-Type", cover.Type)
	header.Set("ETag", `"`+cover.Sum+`"`)
	header.Set("Cache-Control", "no-cache") // caches must ask again: the next track has another cover
	header.Set("Content-Security-Policy", "default-src 'none'")
	c.r.Header.Del("Range") // many overlapping ranges would be larger than the whole
	http.ServeContent(c.w, c.r, "", time.Time{}, bytes.NewReader(cover.Data))
	return nil
}
