package pages

import (
	"cmp"
	"net/http"
	"net/url"

	"relay/conf"
)

// preview describes a page to other sites on which it is shared (Open Graph,
// https://ogp.me). Its addresses are absolute.
type preview struct {
	Site, Title, Description, URL, Image string

	Audio     string // address of the stream; empty: the page has several
	AudioType string // its Content-Type
}

// previewOf returns the preview of a page, about one card if about is not nil. query
// has the request's parameters that the page depends on; the others are left out.
func (b brand) previewOf(c *conf.Config, r *http.Request, query url.Values, about *card) preview {
	base := addressOf(c, r)
	p := preview{Site: b.Brand, Title: b.Brand, URL: base + (&url.URL{Path: r.URL.Path, RawQuery: query.Encode()}).String(), Image: b.Logo}
	if about != nil {
		p.Title, p.Description = about.Station, about.About
		p.Audio, p.AudioType = base+about.Path, about.Type
		p.Image = cmp.Or(p.Image, about.Cover)
	}
	p.Description = cmp.Or(p.Description, "Listen to "+p.Title)
	p.Image = cmp.Or(p.Image, asset("icon.png"))
	if p.Image[0] == '/' {
		p.Image = base + p.Image
	}
	return p
}

// addressOf returns the server's address as the client knows it, without a trailing
// slash.
func addressOf(c *conf.Config, r *http.Request) string {
	if c.Server.PublicURL != "" || r.Host == "" {
		return c.BaseURL()
	}
	scheme := "http"
	if isSecure(r) {
		scheme = "https"
	}
	return (&url.URL{Scheme: scheme, Host: r.Host}).String()
}
