package api

import (
	"net/url"
	"slices"
	"time"

	"relay/conf"
	"relay/mounts"
)

// Mount is a mount as everyone may see it.
type Mount struct {
	Name        string     `json:"name"`
	Title       string     `json:"title"` // of the station
	Description string     `json:"description"`
	Genre       string     `json:"genre"`
	URL         string     `json:"url"`   // of the station
	State       string     `json:"state"` // the kind of the input on the air, or "waiting"
	Since       *time.Time `json:"since"` // when that input was connected; null: there is none
	Playing     *Title     `json:"playing"`
	Listeners   *int       `json:"listeners,omitempty"` // nil: not for everyone
	ListenURL   string     `json:"listen_url"`
	BitRate     int        `json:"bitrate"`     // kbit/s; 0: not known yet
	SampleRate  int        `json:"sample_rate"` // Hz; 0: not known yet
	Channels    int        `json:"channels"`    // 0: not known yet
	History     []Title    `json:"history"`     // newest first, the one that plays among them
}

// Title is a title that is or was on the air.
type Title struct {
	Text  string    `json:"title"`
	URL   string    `json:"url"` // of the track or its cover; empty: none
	Since time.Time `json:"since"`
}

// waiting is the state of a mount that plays nothing.
const waiting = "waiting"

// describe returns what there is to know of a mount that is there.
func describe(c *conf.Config, m *mounts.Mount) Mount {
	played := m.History()
	p := m.Programme()
	listeners := m.Audience.Count()
	d := declared(c, m.Name)
	d.Title, d.Description, d.Genre, d.URL = p.Station.Name, p.Station.Description, p.Station.Genre, p.Station.URL
	d.State, d.Since, d.Listeners = p.Input, &p.Since, &listeners
	d.BitRate, d.SampleRate, d.Channels = p.BitRate, p.SampleRate, p.Channels
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

// declared returns what there is to know of a mount that is not there: what
// the configuration says.
func declared(c *conf.Config, name string) Mount {
	m := c.Mount(name)
	none := 0
	return Mount{
		Name: name, Title: m.Title, Description: m.Description, Genre: m.Genre, URL: m.URL,
		State: waiting, Listeners: &none, History: []Title{},
		ListenURL: c.BaseURL() + (&url.URL{Path: name}).EscapedPath(),
	}
}

// withoutListeners returns the mount as those see it who must not know how many listen.
func (m Mount) withoutListeners() Mount {
	m.Listeners = nil
	return m
}

// isDeclared tells whether the configuration has a mount by name.
func isDeclared(c *conf.Config, name string) bool {
	return slices.ContainsFunc(c.Mounts, func(m conf.Mount) bool { return m.Name == name && !m.IsPattern() })
}

// existing returns the mount of the path. The error is a *Problem.
func (h *Handlers) existing(c *call) (*mounts.Mount, error) {
	m := h.Registry.Find(c.mount)
	if m == nil {
		return nil, noMount(c.mount)
	}
	return m, nil
}

func noMount(name string) *Problem { return problem(404, "there is no mount %s now", name) }
