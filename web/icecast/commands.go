package icecast

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/icy"
	"relay/internal/logging"
	"relay/internal/netconn"
	"relay/mounts"
)

// A command is one of Icecast's commands under /admin/. The error of run is a sentence
// for the client, which gets it with a 400 (recorded: e2e/recorded/admin-*.txt).
type command struct {
	title   string // of its page
	run     func(*Handlers, icy.Query) (element, error)
	mount   use    // whether the command takes mount=
	other   string // the parameter that names a second mount; empty: none
	changes bool   // the command changes something, so HEAD does not run it
	inHTML  bool   // the answer is HTML, as Icecast answers its forms
	file    bool   // the command is about the mount's htpasswd file, which other mounts may share
}

// use says whether a command takes a parameter.
type use int

const (
	refused use = iota
	optional
	needed
)

// commands has the commands by name. Metadata is a handler of its own, since it has
// other logins, forms and answers.
var commands = map[string]command{
	"stats":          {title: "Statistics", run: (*Handlers).stats, mount: optional},
	"listmounts":     {title: "Mounts", run: (*Handlers).listMounts},
	"streamlist":     {title: "Mounts", run: (*Handlers).listMounts},
	"listclients":    {title: "Listeners", run: (*Handlers).listClients, mount: optional},
	"updatemetadata": {title: "Metadata", run: (*Handlers).updateMetadata, mount: needed},
	"moveclients":    {title: "Move listeners", run: (*Handlers).moveClients, mount: needed, other: "destination", changes: true},
	"fallbacks":      {title: "Fallbacks", run: (*Handlers).setFallback, mount: needed, other: "fallback", changes: true, inHTML: true},
	"skip":           {title: "Skip a track", run: (*Handlers).skip, mount: needed, changes: true},
	"queue":          {title: "Queue", run: (*Handlers).queue, mount: needed, changes: true},
	"manageauth":     {title: "Who may listen", run: (*Handlers).manageAuth, mount: needed, changes: true, file: true},
	"killclient":     {title: "Remove a listener", run: (*Handlers).killClient, mount: needed, changes: true},
	"killsource":     {title: "Remove a source", run: (*Handlers).killSource, mount: needed, changes: true},
}

// A sentence is an error that the client gets as it is, in Icecast's words.
type sentence string

func (s sentence) Error() string { return string(s) }

const (
	errNoSource         sentence = "Source does not exist"
	errMissingOfMount   sentence = "missing parameter"
	errMissingParameter sentence = "Missing parameter"
	errUnknownRequest   sentence = "Unknown admin request"
	errUnknownOfMount   sentence = "Mount request unknown"
	errSameMount        sentence = "supplied mountpoints are identical"
	errNoDestination    sentence = "No such destination"
	errOtherType        sentence = "The destination has another type"
)

// Commands returns the handlers of Icecast's commands by path, in gorilla/mux's
// notation: /admin/NAME and /admin/NAME.xml return XML, /admin/NAME.xsl a page. The
// login of the mount that a request names is enough, as with Icecast
// (e2e/recorded/admin-source-login-with-mount.txt).
func (h *Handlers) Commands() map[string]http.HandlerFunc {
	all := map[string]http.HandlerFunc{}
	for name, c := range commands {
		all["/admin/{command:"+name+`(?:\.xml|\.xsl)?}`] = func(w http.ResponseWriter, r *http.Request) { h.command(w, r, name, c) }
	}
	return all
}

// command checks the login and the parameters of a command, runs it and answers.
func (h *Handlers) command(w http.ResponseWriter, r *http.Request, name string, c command) {
	q := h.query(r.URL.RawQuery)
	by, login := h.mayCommand(r, c, q)
	switch {
	case login != nil:
		h.unauthorized(w, r, login)
	case c.changes && !h.isOwn(r):
		refuseOrigin(w)
	case c.mount == refused && q["mount"] != "":
		badRequest(w, errUnknownOfMount.Error())
	case c.mount == needed && q["mount"] == "":
		badRequest(w, errUnknownRequest.Error())
	case c.changes && r.Method != http.MethodGet:
		w.Header().Set("Allow", "GET")
		http.Error(w, "This command takes GET alone", http.StatusMethodNotAllowed)
	default:
		answer, err := c.run(h, q)
		answer = h.toldTo(by, answer)
		switch {
		case err != nil:
			badRequest(w, h.errorToldTo(by, err).Error())
		case strings.HasSuffix(r.URL.Path, ".xsl"):
			writePage(w, c.title, answer)
		case c.inHTML:
			writeDone(w, answer.summary())
		default:
			writeXML(w, answer)
		}
		if c.changes && err == nil && answer.summary() != "" {
			limit := logging.LimitPerClient(netconn.Client(r))
			if user, _, _ := r.BasicAuth(); user == h.Conf.Config().Auth.AdminUser {
				limit = zap.Skip() // each command with the operator's login is logged
			}
			h.Log.Info("operator's command", zap.String("command", name), zap.String("mount", q["mount"]),
				zap.Stringer("ip", netconn.Client(r)), zap.String("answer", answer.summary()), limit)
		}
	}
}

// summary returns the message in an answer, or "" if it has none.
func (e element) summary() string {
	for _, below := range e.Below {
		if below.Name == "message" {
			return below.Text
		}
		if said := below.summary(); said != "" {
			return said
		}
	}
	return ""
}

// listMounts lists the mounts.
func (h *Handlers) listMounts(icy.Query) (element, error) {
	list := group("icestats")
	for _, m := range h.Registry.List() {
		list.Below = append(list.Below, mountRow(m))
	}
	return list, nil
}

// mountRow returns a mount's row of a list. A mount whose relay has not connected yet
// has no more than its listeners (e2e/recorded/relay-single-status.txt).
func mountRow(m *mounts.Mount) element {
	s := m.Status()
	row := ofMount(s.Name, text("fallback", firstOf(m.Fallbacks())), number("listeners", s.Listeners))
	if m.Playing() || s.SampleRate > 0 {
		row.Below = append(row.Below, number("Connected", seconds(time.Since(s.Since))), text("content-type", s.Type))
	}
	return row
}

// listClients lists the listeners of a mount or, without mount=, of all mounts.
func (h *Handlers) listClients(q icy.Query) (element, error) {
	if q["mount"] == "" {
		all := group("icestats")
		for _, m := range h.Registry.List() {
			all.Below = append(all.Below, clientsOf(m))
		}
		return all, nil
	}
	m := h.Registry.Find(q["mount"])
	if m == nil {
		return element{}, errNoSource
	}
	return group("icestats", clientsOf(m)), nil
}

// clientsOf returns the element of a mount with its listeners.
func clientsOf(m *mounts.Mount) element {
	list := m.Audience.List()
	rows := make([]element, 0, 1+len(list))
	rows = append(rows, number("Listeners", len(list)))
	now := time.Now()
	for _, l := range list {
		row := []element{
			text("IP", netconn.Text(l.Addr)),
			text("UserAgent", l.Agent()),
			number("Connected", seconds(now.Sub(l.Since))),
			number("ID", l.ID),
		}
		row = append(row, given("username", l.User())...)
		if isRelay(l.Agent()) {
			row = append(row, text("relay", "1"))
		}
		rows = append(rows, group("listener", row...))
	}
	return ofMount(m.Name, rows...)
}

// isRelay reports whether a User-Agent is that of a server that relays the stream.
// Panels do not count such a client as a listener.
func isRelay(agent string) bool {
	return strings.HasPrefix(agent, "relay/") || strings.Contains(agent, "Icecast")
}

// updateMetadata returns the data of Icecast's form for titles, which is the mount's
// name alone.
func (h *Handlers) updateMetadata(q icy.Query) (element, error) {
	if h.Registry.Find(q["mount"]) == nil {
		return element{}, errNoSource
	}
	return group("icestats", ofMount(q["mount"])), nil
}

// moveClients moves the listeners of a mount to another one or, without destination=,
// lists the other mounts.
func (h *Handlers) moveClients(q icy.Query) (element, error) {
	from := h.Registry.Find(q["mount"])
	if from == nil {
		return element{}, errNoSource
	}
	if !q.Has("destination") {
		list := group("icestats", text("current_source", from.Name))
		for _, m := range h.Registry.List() {
			if m != from {
				list.Below = append(list.Below, mountRow(m))
			}
		}
		return list, nil
	}
	if q["destination"] == from.Name {
		return element{}, errSameMount
	}
	to := h.Registry.Find(q["destination"])
	if to == nil || !to.Playing() {
		return element{}, errNoDestination
	}
	if !to.Suits(from) {
		return element{}, errOtherType
	}
	from.Audience.OrderAll(mounts.Order{MoveTo: to})
	return response(fmt.Sprintf("Clients moved from %s to %s", from.Name, to.Name), true), nil
}

// setFallback replaces the fallbacks of a mount by the given one until the mount or
// the server ends.
func (h *Handlers) setFallback(q icy.Query) (element, error) {
	if !q.Has("fallback") {
		return element{}, errMissingParameter
	}
	m := h.Registry.Find(q["mount"])
	if m == nil {
		return element{}, errNoSource
	}
	list := []string{}
	if q["fallback"] != "" {
		if err := conf.CheckMountName(q["fallback"]); err != nil {
			return element{}, fmt.Errorf("fallback %w", err)
		}
		list = append(list, q["fallback"])
	}
	if err := h.Fallbacks.Set(m.Name, list); err != nil {
		return element{}, err
	}
	return response("Fallback configured", true), nil
}

// firstOf returns the first fallback, or "": Icecast's answers have room for one.
func firstOf(fallbacks []string) string {
	if len(fallbacks) == 0 {
		return ""
	}
	return fallbacks[0]
}

// killClient disconnects a listener.
func (h *Handlers) killClient(q icy.Query) (element, error) {
	m := h.Registry.Find(q["mount"])
	if m == nil {
		return element{}, errNoSource
	}
	if !q.Has("id") {
		return element{}, errMissingParameter
	}
	id, err := strconv.ParseUint(q["id"], 10, 64)
	if err != nil || !m.Audience.Order(id, mounts.Order{}) {
		return response(fmt.Sprintf("Client %s not found", q["id"]), false), nil
	}
	return response(fmt.Sprintf("Client %d removed", id), true), nil
}

// killSource disconnects the source of a mount. The source may reconnect at once.
func (h *Handlers) killSource(q icy.Query) (element, error) {
	m := h.Registry.Find(q["mount"])
	if m == nil {
		return element{}, errNoSource
	}
	source := m.Source()
	if source == nil {
		return element{}, errNoSource
	}
	source.Kick()
	return response("Source Removed", true), nil
}

// StreamList answers /admin/streamlist.txt, the list of the mounts that other servers
// may pull: one a line, without hidden mounts (e2e/recorded/admin-streamlist-txt.txt).
func (h *Handlers) StreamList(w http.ResponseWriter, r *http.Request) {
	if err := h.Gate.Relay(r); err != nil {
		h.unauthorized(w, r, err)
		return
	}
	var list strings.Builder
	for _, m := range h.Registry.List() {
		if !m.Config().Hidden {
			list.WriteString(m.Name + "\r\n")
		}
	}
	noCache(w)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte(list.String()))
}

// seconds returns d in whole seconds, and 0 if d is negative.
func seconds(d time.Duration) int64 { return int64(max(0, d) / time.Second) }
