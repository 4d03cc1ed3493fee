package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"relay/conf"
	"relay/mounts"
)

// defaultMount is recommended to DJs when no mount is declared.
const defaultMount = "/live"

// publicData is the data of the public page.
type publicData struct {
	brand
	Preview  preview
	Title    string
	Only     string // the only mount on the page; empty: all
	Cards    []card
	Blank    card // template for new cards in the browser
	Connect  connection
	Teaching bool // no mount is configured: the owner may be new to relay
}

// Public answers / for listeners: the mounts on the air, and a player. Renditions are
// formats of their mount there, without cards of their own. With ?mount=/NAME the page has only that mount, for links to it.
func (h *Handlers) Public(w http.ResponseWriter, r *http.Request) {
	c := h.Conf.Config()
	data := publicData{brand: h.brand(), Blank: silentCard("", ""), Connect: connectionTo(c, defaultMount, false)}
	data.Title = data.Brand
	if only := r.URL.Query().Get("mount"); slices.Contains(h.declaredNames(), only) && !c.Mount(only).Hidden {
		data.Only = only // an unknown mount, as in an old link, shows all
	}
	data.Teaching = !slices.ContainsFunc(c.Mounts, func(m conf.Mount) bool { return !m.Interlude })
	for _, m := range h.Registry.List() {
		if !m.Config().Hidden && (data.Only == m.Name || data.Only == "" && !hasCardOfRoot(c, m.Name)) {
			data.Cards = append(data.Cards, newCard(m, c.Page.ShowListeners))
		}
		if source := m.Source(); source != nil && source.Kind == mounts.LiveSource {
			data.Teaching = false
		}
	}
	query, about := url.Values{}, (*card)(nil)
	if data.Only != "" {
		query.Set("mount", data.Only)
	}
	if len(data.Cards) == 1 {
		about = &data.Cards[0]
		data.Title = about.Station
	}
	data.Preview = data.previewOf(c, r, query, about)
	h.render(w, http.StatusOK, "public.html", noFrame, data)
}

// hasCardOfRoot reports whether a mount is a rendition, which the card of its mount
// offers as another format.
func hasCardOfRoot(c *conf.Config, name string) bool {
	root := c.RootOf(name)
	return root != name && !c.Mount(root).Hidden
}

// playerData is the data of the player.
type playerData struct {
	Preview preview
	Card    card
	Theme   string // "light" or "dark"; empty: the system's choice
}

// Player answers /player/MOUNT, which other sites show in a frame. The player of a
// declared mount that does not exist yet waits for it.
func (h *Handlers) Player(w http.ResponseWriter, r *http.Request) {
	name := mountOf(r)
	c := h.Conf.Config()
	data := playerData{Card: declaredCard(c, name)}
	switch theme := r.URL.Query().Get("theme"); theme {
	case "light", "dark":
		data.Theme = theme
	}
	status := http.StatusNotFound
	m := h.Registry.Find(name)
	if m != nil && m.Config().Hidden && m.Config().ListenerAuth.AsksListeners() && !h.knows(r, name) {
		m, data.Card = nil, silentCard(name, "") // as if it did not exist
	}
	if m != nil {
		data.Card = newCard(m, c.Page.ShowListeners && !m.Config().Hidden)
		status = http.StatusOK
	} else if c.Declares(name) {
		status = http.StatusOK
	}
	if conf.CheckMountName(name) != nil {
		http.NotFound(w, r)
		return
	}
	data.Preview = h.brand().previewOf(c, r, nil, &data.Card)
	h.render(w, status, "player.html", anyFrame, data)
}

// knows reports whether a request has a login, a session or a token for a mount, as a
// listener, DJ or operator.
func (h *Handlers) knows(r *http.Request, mount string) bool {
	return h.sessionOpens(r, mount) || h.Gate.KnowsListener(r, mount)
}

// mountOf returns the mount that a page is about.
func mountOf(r *http.Request) string { return "/" + strings.TrimPrefix(mux.Vars(r)["mount"], "/") }

// declaredNames lists the mounts that are declared by name or exist.
func (h *Handlers) declaredNames() (names []string) {
	for _, m := range h.Conf.Config().Mounts {
		if !m.IsPattern() {
			names = append(names, m.Name)
		}
	}
	for _, m := range h.Registry.List() {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
