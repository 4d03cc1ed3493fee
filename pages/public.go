package pages

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"relay/conf"
	"relay/mounts"
)

// defaultMount is what DJs are told to send to when nothing is declared.
const defaultMount = "/live"

// publicData is what the public page shows.
type publicData struct {
	Title    string
	Cards    []card
	Blank    card // to make others from in the browser
	Connect  connection
	Teaching bool // nothing is configured: the owner may be new here
}

// Public answers / for listeners: what is on, and a player.
func (h *Handlers) Public(w http.ResponseWriter, _ *http.Request) {
	c := h.Conf.Config()
	data := publicData{Title: "relay", Blank: silentCard("", ""), Connect: connectionTo(c, defaultMount, false)}
	data.Teaching = len(c.Mounts) == 0
	for _, m := range h.Registry.List() {
		if !m.Config().Hidden {
			data.Cards = append(data.Cards, newCard(m, c.Page.ShowListeners))
		}
		if source := m.Source(); source != nil && source.Kind == mounts.Live {
			data.Teaching = false
		}
	}
	if len(data.Cards) == 1 {
		data.Title = data.Cards[0].Station
	}
	h.render(w, http.StatusOK, "public.html", noFrame, data)
}

// playerData is what the player shows.
type playerData struct {
	Card  card
	Theme string // "light" or "dark"; empty: as the system has it
}

// Player answers /player/MOUNT, which other sites show in a frame. One for a
// mount that is declared, but not there, waits for it.
func (h *Handlers) Player(w http.ResponseWriter, r *http.Request) {
	name := mountOf(r)
	c := h.Conf.Config()
	data := playerData{Card: silentCard(name, c.Mount(name).Title)}
	switch theme := r.URL.Query().Get("theme"); theme {
	case "light", "dark":
		data.Theme = theme
	}
	status := http.StatusNotFound
	m := h.Registry.Find(name)
	if m != nil && m.Config().Hidden && m.Config().ListenerAuth.AsksListeners() && !h.knows(r, name) {
		m, data.Card = nil, silentCard(name, "") // as if it were not there
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
	h.render(w, status, "player.html", anyFrame, data)
}

// knows reports whether a request has a login, a session or a token that opens
// a mount, to listen or to steer it.
func (h *Handlers) knows(r *http.Request, mount string) bool {
	return h.sessionOpens(r, mount) || h.Gate.KnowsListener(r, mount)
}

// mountOf returns the mount that a page is about.
func mountOf(r *http.Request) string { return "/" + strings.TrimPrefix(mux.Vars(r)["mount"], "/") }

// declaredNames lists the mounts that are declared by name or there.
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
