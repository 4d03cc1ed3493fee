package admin

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
	"relay/mounts"
	"relay/version"
)

// shoutcastStream is a stream as SHOUTcast's statistics show it: DNAS 2 in XML
// and JSON, and the seven values of DNAS 1.
type shoutcastStream struct {
	mount   *mounts.Mount // nil: there is none
	status  mounts.Status
	unique  int           // listeners who differ in address or program
	average time.Duration // how long those who listen now have listened
	max     int
	title   string // of the server
	link    string // path of the stream
}

// shoutcastMount finds the mount that a request means: that of mount=, else that
// of sid=, else the first. Nil: there is none.
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

// openMount is shoutcastMount for what is open to all: a hidden mount is there
// only for the logins that open it.
func (h *Handlers) openMount(r *http.Request) *mounts.Mount {
	m := h.shoutcastMount(h.query(r.URL.RawQuery))
	if m != nil && m.Config().Hidden && h.Gate.Program(r, m.Name) != nil {
		return nil
	}
	return m
}

// shoutcastStream returns what there is to say of a mount; nil: that there is
// none.
func (h *Handlers) shoutcastStream(m *mounts.Mount) shoutcastStream {
	s := shoutcastStream{mount: m, max: h.Conf.Config().Limits.Listeners, title: version.Server()}
	if s.mount == nil {
		return s
	}
	audience := &s.mount.Audience
	s.status = mounts.Status{ // Mount.Status would look at every listener
		Programme: s.mount.Programme(), Listeners: audience.Count(), Peak: audience.Peak(),
		MaxListeners: s.mount.Config().MaxListeners, History: s.mount.History(),
	}
	s.link = s.mount.Name
	s.title = orElse(s.status.Station.Name, s.mount.Name)
	if s.status.MaxListeners > 0 {
		s.max = s.status.MaxListeners
	}
	s.unique, s.average = audience.Crowd()
	return s
}

// onAir is 1 while something plays.
func (s shoutcastStream) onAir() int {
	if s.mount != nil && s.mount.Playing() {
		return 1
	}
	return 0
}

// facts are the elements of SHOUTCASTSERVER, under DNAS 2's names.
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
		text("CONTENT", "audio/mpeg"),
		text("VERSION", version.Server()),
	}
}

// ShoutcastStats answers /stats?sid=N, which is open to all: as XML or, with
// json=1, as JSON.
func (h *Handlers) ShoutcastStats(w http.ResponseWriter, r *http.Request) {
	s := h.shoutcastStream(h.openMount(r))
	openToPages(w)
	if icy.ParseQuery(r.URL.RawQuery)["json"] == "1" {
		writeJSON(w, s.values())
		return
	}
	writeXML(w, group("SHOUTCASTSERVER", s.facts()...))
}

// values are the facts for JSON, under their names in lower case.
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

// view answers /admin.cgi?mode=viewxml and viewjson: everything of one stream
// or, by page=, only the listeners (3) or the last titles (4).
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

type shoutcastListener struct {
	UID         uint64 `json:"uid"`
	XFF         string `json:"xff"` // always empty: hostname is the true address
	Hostname    string `json:"hostname"`
	UserAgent   string `json:"useragent"`
	ConnectTime int64  `json:"connecttime"` // seconds
}

func (s shoutcastStream) listeners() []shoutcastListener {
	rows := []shoutcastListener{}
	if s.mount == nil {
		return rows
	}
	for _, l := range s.mount.Audience.List() {
		rows = append(rows, shoutcastListener{
			UID: l.ID, Hostname: l.Addr, UserAgent: l.Agent, ConnectTime: seconds(time.Since(l.Since)),
		})
	}
	return rows
}

type shoutcastSong struct {
	PlayedAt int64  `json:"playedat"` // Unix time
	Title    string `json:"title"`
}

// songs are the last titles, newest first.
func (s shoutcastStream) songs() []shoutcastSong {
	rows := []shoutcastSong{}
	for i := len(s.status.History) - 1; i >= 0; i-- {
		played := s.status.History[i]
		rows = append(rows, shoutcastSong{played.Since.Unix(), played.Text})
	}
	return rows
}

// SevenHTML answers /7.html, DNAS 1's statistics in one line: listeners, on
// the air, peak, most, unique listeners, bit rate, title.
func (h *Handlers) SevenHTML(w http.ResponseWriter, r *http.Request) {
	s := h.shoutcastStream(h.openMount(r))
	openToPages(w)
	noCache(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<html><body>%s</body></html>", html.EscapeString(s.seven(s.status.Title.Text)))
}

// SevenXSL answers /7.xsl, which butt reads: there must be six commas in all,
// and the number of listeners between the first ">" and the first comma.
func (h *Handlers) SevenXSL(w http.ResponseWriter, r *http.Request) {
	s := h.shoutcastStream(h.openMount(r))
	openToPages(w)
	noCache(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	title := strings.ReplaceAll(s.status.Title.Text, ",", ";")
	io.WriteString(w, "<pre>"+html.EscapeString(s.seven(title))+"</pre>")
}

func (s shoutcastStream) seven(title string) string {
	return fmt.Sprintf("%d,%d,%d,%d,%d,%d,%s", s.status.Listeners, s.onAir(), s.status.Peak, s.max, s.unique, s.status.BitRate, title)
}

func writeJSON(w http.ResponseWriter, v any) {
	noCache(w)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.Encode(v)
}

// CurrentSong answers /currentsong?sid=N, the title as plain text.
func (h *Handlers) CurrentSong(w http.ResponseWriter, r *http.Request) {
	openToPages(w)
	s := h.shoutcastStream(h.openMount(r))
	noCache(w)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, s.status.Title.Text)
}

// LastSongs answers /played?sid=N, the last titles: as a page or, with type=, as XML or
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

// lastSongs is the table that SHOUTcast shows, without its dress: programs read the cells.
var lastSongs = template.Must(template.New("played").Parse(`<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Song history</title></head><body><h1>Song history</h1>
<table><tr><th>Played @</th><th>Song Title</th></tr>
{{range $i, $song := .}}<tr><td>{{$song.Time}}</td><td>{{$song.Title}}{{if eq $i 0}}</td><td><b>Current Song</b>{{end}}</td></tr>
{{end}}</table></body></html>
`))

// Time is when it began, by the server's clock.
func (s shoutcastSong) Time() string { return time.Unix(s.PlayedAt, 0).Format(time.TimeOnly) }

func (s shoutcastStream) songHistory() element {
	rows := element{Name: "SONGHISTORY"}
	for _, song := range s.songs() {
		rows.Below = append(rows.Below, group("SONG", number("PLAYEDAT", song.PlayedAt), text("TITLE", song.Title)))
	}
	return rows
}
