package api

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"relay/codec/known"
	"relay/conf"
	"relay/mounts"
)

// Mount is a mount as everyone may see it.
type Mount struct {
	Name        string     `json:"name"`
	Title       string     `json:"title"` // of the station
	Description string     `json:"description"`
	Genre       string     `json:"genre"`
	URL         string     `json:"url"`                 // of the station
	State       string     `json:"state"`               // the kind of the input on the air, mounts.Waiting or mounts.Asleep
	Since       *time.Time `json:"since"`               // when that input took the air, or the last one left it; null: the mount does not exist
	Playing     *Title     `json:"playing"`             // null: nothing plays, or it has no title
	Listeners   *int       `json:"listeners,omitempty"` // nil: hidden from everyone
	ListenURL   string     `json:"listen_url"`
	HLSURL      string     `json:"hls_url"`     // address of its multivariant playlist; empty: it has none
	BitRate     int        `json:"bitrate"`     // kbit/s; 0: not known yet
	SampleRate  int        `json:"sample_rate"` // Hz; 0: not known yet
	Channels    int        `json:"channels"`    // 0: not known yet
	ContentType string     `json:"content_type"`
	Codec       string     `json:"codec"`   // empty: not known yet
	Cover       string     `json:"cover"`   // path of the current cover; empty: none
	History     []Title    `json:"history"` // newest first, the current title included
	// Renditions have the same programme, for players that cannot play this mount.
	Renditions []Rendition `json:"renditions"`
	// RenditionOf is the mount whose programme this one has; empty: it has its own.
	RenditionOf string `json:"rendition_of"`
}

// Rendition is another mount with the same programme.
type Rendition struct {
	Name        string `json:"name"`
	BitRate     int    `json:"bitrate"` // kbit/s; 0: not known yet
	ContentType string `json:"content_type"`
	Codec       string `json:"codec"` // empty: not known yet
}

// Title is a title that is or was on the air.
type Title struct {
	Text  string    `json:"title"`
	URL   string    `json:"url"` // of the track or its cover; empty: none
	Since time.Time `json:"since"`
}

// describe returns the public state of a mount that exists.
func describe(c *conf.Config, m *mounts.Mount) Mount {
	played := m.History()
	p := m.Programme()
	listeners := m.Audience.Count()
	d := declared(c, m.Name, p.Input)
	d.Title, d.Description, d.Genre, d.URL = p.Station.Name, p.Station.Description, p.Station.Genre, p.Station.URL
	d.Since, d.Listeners = &p.Since, &listeners
	d.BitRate, d.SampleRate, d.Channels = p.BitRate, p.SampleRate, p.Channels
	d.ContentType, d.Codec = p.Type, p.Codec
	d.Cover = coverPath(m)
	for _, other := range m.Renditions() {
		p := other.Programme()
		d.Renditions = append(d.Renditions, Rendition{other.Name, p.BitRate, p.Type, p.Codec})
	}
	for _, t := range slices.Backward(played) {
		d.History = append(d.History, Title{Text: t.Text, URL: t.URL, Since: t.Since})
	}
	if p.Title.Text != "" {
		d.Playing = &Title{Text: p.Title.Text, URL: p.Title.URL, Since: p.Since}
		if len(d.History) > 0 && d.History[0].Text == p.Title.Text {
			d.Playing.Since = d.History[0].Since
		}
	}
	return d
}

// declared returns the public state of a mount that does not exist: the given state,
// and what the configuration says.
func declared(c *conf.Config, name, state string) Mount {
	m := c.Mount(name)
	none := 0
	of := c.RootOf(name)
	if of == name || c.Mount(of).Hidden {
		of = ""
	}
	address, hls := c.BaseURL()+(&url.URL{Path: name}).EscapedPath(), ""
	if m.HLS {
		hls = address + ".m3u8"
	}
	return Mount{
		Name: name, Title: m.Title, Description: m.Description, Genre: m.Genre, URL: m.URL,
		State: state, Listeners: &none, History: []Title{}, Renditions: []Rendition{},
		ListenURL: address, HLSURL: hls, ContentType: contentTypeOf(c, name), RenditionOf: of,
	}
}

// contentTypeOf returns the Content-Type that a mount will have by its configuration.
func contentTypeOf(c *conf.Config, name string) string {
	return cmp.Or(mounts.ConfiguredFormat(c, name).Codec, known.Default).MediaType()
}

// withoutListeners returns the mount without its number of listeners, for callers
// that may not know it.
func (m Mount) withoutListeners() Mount {
	m.Listeners = nil
	return m
}

// isDeclared reports whether the configuration has a mount by name.
func isDeclared(c *conf.Config, name string) bool {
	return slices.ContainsFunc(c.Mounts, func(m conf.Mount) bool { return m.Name == name && !m.IsPattern() })
}
