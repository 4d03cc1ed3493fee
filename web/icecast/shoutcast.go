package icecast

import (
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"relay/icy"
	"relay/internal/netconn"
	"relay/internal/version"
	"relay/mounts"
)

// shoutcastStream is a mount as SHOUTcast's statistics show it: those of DNAS 2 in XML and
// JSON, and the seven values of DNAS 1.
type shoutcastStream struct {
	mount   *mounts.Mount // nil: no such mount
	status  mounts.Status
	unique  int           // unique listeners
	average time.Duration // of the sessions of the present listeners, until now
	max     int           // listeners at once
	title   string        // the station's name, or the mount's; without a mount the server's
	link    string        // path of the mount
}

// shoutcastMount returns the mount of mount=, or that with the number sid=, or the first
// one. It returns nil if there is no such mount.
func (h *Handlers) shoutcastMount(q icy.Query) *mounts.Mount {
	if q["mount"] != "" {
		return h.Registry.Find(q["mount"])
	}
	sid, err := strconv.Atoi(q["sid"])
	if err != nil {
		sid = 1
	}
	if list := h.Registry.Numbered(); sid >= 1 && sid <= len(list) {
		return list[sid-1]
	}
	return nil
}

// openMount is shoutcastMount for requests that need no login. It returns a hidden mount
// only if the request has a login that opens it.
func (h *Handlers) openMount(r *http.Request) *mounts.Mount {
	m := h.shoutcastMount(h.query(r.URL.RawQuery))
	if m != nil && m.Config().Hidden && h.Gate.Program(r, m.Name) != nil {
		return nil
	}
	return m
}

// shoutcastStream returns the statistics of a mount, or those of no mount for nil.
func (h *Handlers) shoutcastStream(m *mounts.Mount) shoutcastStream {
	s := shoutcastStream{mount: m, max: h.Conf.Config().Limits.Listeners, title: version.Server()}
	if s.mount == nil {
		return s
	}
	audience := &s.mount.Audience
	s.status = mounts.Status{ // Mount.Status would visit every listener
		Programme: s.mount.Programme(), Listeners: audience.Count(), Peak: audience.Peak(),
		MaxListeners: s.mount.Config().MaxListeners, History: s.mount.History(),
	}
	s.link = s.mount.Name
	s.title = orElse(s.status.Station.Name, s.mount.Name)
	if s.status.MaxListeners > 0 {
		s.max = s.status.MaxListeners
	}
	s.unique, s.average = audience.Unique()
	return s
}

// onAir returns 1 if the mount plays something, and otherwise 0.
func (s shoutcastStream) onAir() int {
	if s.mount != nil && s.status.Sounds() {
		return 1
	}
	return 0
}

// facts returns the elements of SHOUTCASTSERVER, with the names of DNAS 2.
func (s shoutcastStream) facts() []element {
	station := s.status.Station
	return []element{
		number("CURRENTLISTENERS", s.status.Listeners),
		number("PEAKLISTENERS", s.status.Peak),
		number("MAXLISTENERS", s.max),
		number("UNIQUELISTENERS", s.unique),
		number("AVERAGETIME", seconds(s.average)),
		text("SERVERGENRE", station.Genre),
		text("SERVERURL", station.URL),
		text("SERVERTITLE", s.title),
		text("SONGTITLE", s.status.Title.Text),
		number("STREAMSTATUS", s.onAir()),
		text("STREAMPATH", s.link),
		number("BITRATE", s.status.BitRate),
		number("SAMPLERATE", s.status.SampleRate),
		text("CONTENT", s.status.Type),
		text("VERSION", version.Server()),
	}
}

// ShoutcastStats answers /stats?sid=N as XML or, with json=1, as JSON. It needs no login.
func (h *Handlers) ShoutcastStats(w http.ResponseWriter, r *http.Request) {
	s := h.shoutcastStream(h.openMount(r))
	openToPages(w)
	if icy.ParseQuery(r.URL.RawQuery)["json"] == "1" {
		writeJSON(w, s.values())
		return
	}
	writeXML(w, group("SHOUTCASTSERVER", s.facts()...))
}

// values returns the facts for JSON, with their names in lower case.
func (s shoutcastStream) values() map[string]any {
	values := map[string]any{}
	for _, fact := range s.facts() {
		if n, err := strconv.Atoi(fact.Text); err == nil && fact.Name != "SONGTITLE" && fact.Name != "SERVERTITLE" {
			values[strings.ToLower(fact.Name)] = n
		} else {
			values[strings.ToLower(fact.Name)] = fact.Text
		}
	}
	return values
}

// view answers /admin.cgi?mode=viewxml and mode=viewjson: all statistics of a mount, or
// only the listeners (page=3) or the last titles (page=4).
func (h *Handlers) view(w http.ResponseWriter, q icy.Query) {
	s := h.shoutcastStream(h.shoutcastMount(q))
	if q["mode"] == "viewjson" {
		switch q["page"] {
		case "3":
			writeJSON(w, s.listeners())
		case "4":
			writeJSON(w, s.songs())
		default:
			writeJSON(w, s.values())
		}
		return
	}
	var below []element
	page := q["page"]
	if page != "3" && page != "4" {
		below = s.facts()
	}
	if page != "4" {
		rows := element{Name: "LISTENERS"}
		for _, l := range s.listeners() {
			rows.Below = append(rows.Below, group("LISTENER",
				text("HOSTNAME", l.Hostname), text("USERAGENT", l.UserAgent),
				number("CONNECTTIME", l.ConnectTime), number("UID", l.UID)))
		}
		below = append(below, rows)
	}
	if page != "3" {
		below = append(below, s.songHistory())
	}
	writeXML(w, group("SHOUTCASTSERVER", below...))
}

// shoutcastListener is a listener in the answer to mode=viewjson.
type shoutcastListener struct {
	UID         uint64 `json:"uid"`
	XFF         string `json:"xff"` // always empty: hostname already is the client's address
	Hostname    string `json:"hostname"`
	UserAgent   string `json:"useragent"`
	ConnectTime int64  `json:"connecttime"` // seconds
}

// listeners returns the listeners of the mount.
func (s shoutcastStream) listeners() []shoutcastListener {
	rows := []shoutcastListener{}
	if s.mount == nil {
		return rows
	}
	for _, l := range s.mount.Audience.List() {
		rows = append(rows, shoutcastListener{
			UID: l.ID, Hostname: netconn.Text(l.Addr), UserAgent: l.Agent(), ConnectTime: seconds(time.Since(l.Since)),
		})
	}
	return rows
}

// shoutcastSong is a title in the answer to mode=viewjson.
type shoutcastSong struct {
	PlayedAt int64  `json:"playedat"` // Unix time
	Title    string `json:"title"`
}

// songs returns the last titles, newest first.
func (s shoutcastStream) songs() []shoutcastSong {
	rows := []shoutcastSong{}
	for i := len(s.status.History) - 1; i >= 0; i-- {
		played := s.status.History[i]
		rows = append(rows, shoutcastSong{played.Since.Unix(), played.Text})
	}
	return rows
}

// SevenHTML answers /7.html, the statistics of DNAS 1 in one line: listeners, on the
// air, peak, maximum and unique listeners, bit rate in kbit/s, title.
func (h *Handlers) SevenHTML(w http.ResponseWriter, r *http.Request) {
	s := h.shoutcastStream(h.openMount(r))
	openToPages(w)
	noCache(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<html><body>%s</body></html>", html.EscapeString(s.seven(s.status.Title.Text)))
}

// SevenXSL answers /7.xsl, which butt reads: it expects six commas in all, and the
// number of listeners between the first ">" and the first comma.
func (h *Handlers) SevenXSL(w http.ResponseWriter, r *http.Request) {
	s := h.shoutcastStream(h.openMount(r))
	openToPages(w)
	noCache(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	title := strings.ReplaceAll(s.status.Title.Text, ",", ";")
	io.WriteString(w, "<pre>"+html.EscapeString(s.seven(title))+"</pre>")
}

// seven returns the seven values of DNAS 1, separated by commas.
func (s shoutcastStream) seven(title string) string {
	return fmt.Sprintf("%d,%d,%d,%d,%d,%d,%s", s.status.Listeners, s.onAir(), s.status.Peak, s.max, s.unique, s.status.BitRate, title)
}

// writeJSON answers with v as JSON.
func writeJSON(w http.ResponseWriter, v any) {
	noCache(w)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.Encode(v)
}

// CurrentSong answers /currentsong?sid=N with the title as plain text.
func (h *Handlers) CurrentSong(w http.ResponseWriter, r *http.Request) {
	openToPages(w)
	s := h.shoutcastStream(h.openMount(r))
	noCache(w)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, s.status.Title.Text)
}

// LastSongs answers /played?sid=N with the last titles: as a page or, by type=, as XML or
// JSON.
func (h *Handlers) LastSongs(w http.ResponseWriter, r *http.Request) {
	openToPages(w)
	s := h.shoutcastStream(h.openMount(r))
	switch h.query(r.URL.RawQuery)["type"] {
	case "json":
		writeJSON(w, s.songs())
	case "xml":
		writeXML(w, group("SHOUTCASTSERVER", s.songHistory()))
	default:
		noCache(w)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		lastSongs.Execute(w, s.songs())
	}
}

// lastSongs is the table that SHOUTcast shows, without its design. Programs read the
// cells.
var lastSongs = template.Must(template.New("played").Parse(`<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Song history</title></head><body><h1>Song history</h1>
<table><tr><th>Played @</th><th>Song Title</th></tr>
{{range $i, $song := .}}<tr><td>{{$song.Time}}</td><td>{{$song.Title}}{{if eq $i 0}}</td><td><b>Current Song</b>{{end}}</td></tr>
{{end}}</table></body></html>
`))

// Time returns the time of day at which the title began, in the server's time zone.
func (s shoutcastSong) Time() string { return time.Unix(s.PlayedAt, 0).Format(time.TimeOnly) }

// songHistory returns the last titles as the element SONGHISTORY.
func (s shoutcastStream) songHistory() element {
	rows := element{Name: "SONGHISTORY"}
	for _, song := range s.songs() {
		rows.Below = append(rows.Below, group("SONG", number("PLAYEDAT", song.PlayedAt), text("TITLE", song.Title)))
	}
	return rows
}
