package server

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"

	"relay/admin"
	"relay/listeners"
	"relay/pages"
)

// apiPrefix begins the paths at which PUT does not come from a source: no
// mount has such a name.
const apiPrefix = "/api/"

// routes is everything the server answers that is no stream.
func (s *Server) routes() *mux.Router {
	h, p := s.admin, s.pages
	r := mux.NewRouter().SkipClean(true)
	r.PathPrefix(apiPrefix + "v1/").Handler(s.api.Router())
	r.Methods(http.MethodOptions).Name("preflight").HandlerFunc(preflight)
	for path, answer := range map[string]http.HandlerFunc{"/admin/metadata": h.Metadata, "/admin/metadata.xsl": h.Metadata, "/admin.cgi": h.AdminCGI} {
		r.HandleFunc(path, answer).Methods(http.MethodPost)
	}
	get := r.Methods(http.MethodGet, http.MethodHead).Subrouter()
	get.HandleFunc("/", p.BySecureLine(p.Public))
	get.HandleFunc("/status.xsl", p.BySecureLine(p.Public))
	get.HandleFunc("/player/{mount:.+}", p.BySecureLine(p.Player))
	get.HandleFunc("/dj/{mount:.+}", p.BySecureLine(p.DJ))
	get.PathPrefix(pages.AssetPrefix).HandlerFunc(p.Assets)
	get.HandleFunc("/favicon.ico", p.Icon)
	get.HandleFunc(healthPath, healthy)
	get.HandleFunc(readyPath, ready(&s.stopping))
	get.Handle("/metrics", h.Metrics(s.writers, s.memory, s.clock, s.certs, s.history, s.journal, s.recorder, s.logMetrics()))
	get.HandleFunc("/status-json.xsl", h.StatusJSON)
	get.HandleFunc("/server_version.xsl", h.Version)
	get.HandleFunc("/7.html", h.SevenHTML)
	get.HandleFunc("/7.xsl", h.SevenXSL)
	get.HandleFunc("/stats", h.ShoutcastStats)
	get.HandleFunc("/currentsong", h.CurrentSong)
	get.HandleFunc("/played", h.LastSongs)
	get.HandleFunc("/played.html", h.LastSongs)
	get.HandleFunc("/index.html", p.BySecureLine(p.Public))
	get.HandleFunc("/admin.html", p.BySecureLine(p.Admin)) // icecast-kh's name
	get.HandleFunc("/admin/metadata", h.Metadata)
	get.HandleFunc("/admin/metadata.xsl", h.Metadata)
	get.HandleFunc("/admin/streamlist.txt", h.StreamList)
	get.HandleFunc("/admin.cgi", h.AdminCGI)
	get.HandleFunc("/admin/", p.BySecureLine(p.Admin))
	get.HandleFunc("/admin", toAdmin)
	get.HandleFunc("/admin/debug/pprof/{profile}", h.Profile)
	for path, answer := range h.Commands() {
		get.HandleFunc(path, answer)
	}
	get.PathPrefix("/admin/").HandlerFunc(h.UnknownCommand)
	playlists := &listeners.Playlists{Registry: h.Registry, Conf: h.Conf, Gate: s.gate}
	get.HandleFunc("/listen.pls", playlists.Listen)
	get.HandleFunc("/listen.m3u", playlists.Listen)
	get.MatcherFunc(func(r *http.Request, _ *mux.RouteMatch) bool {
		return playlists.Names(r.URL.Path)
	}).Name("playlists").Handler(playlists)
	r.NotFoundHandler = http.HandlerFunc(admin.NotFound)
	r.MethodNotAllowedHandler = http.HandlerFunc(methodNotAllowed)
	return r
}

// logMetrics counts what is missing in the program's own log.
func (s *Server) logMetrics() prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "relay_log_lines_lost_total",
		Help: "Lines of the program's own log that were lost: its reader was too slow, or they could not be written.",
	}, func() float64 { return float64(s.LostLines()) })
}

// preflight answers OPTIONS. Players in web pages ask it before they fetch a
// stream with metadata, libshout before it connects (any 2xx tells it to go
// on in plain text). No page of another site may send a login of its choice.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Allow", "GET, HEAD, OPTIONS, PUT, SOURCE")
	if !strings.HasPrefix(r.URL.Path, "/admin") {
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Icy-MetaData, Range, Content-Type")
		h.Set("Access-Control-Max-Age", "86400")
	}
	w.WriteHeader(http.StatusNoContent)
}

// toAdmin sends on to the operator's page, by an address that holds behind a proxy that
// has the server in a folder.
func toAdmin(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", "admin/")
	w.WriteHeader(http.StatusFound)
}

func methodNotAllowed(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", "GET, HEAD, OPTIONS, PUT, SOURCE")
	http.Error(w, "This address takes GET, HEAD and OPTIONS; sources use PUT or SOURCE", http.StatusMethodNotAllowed)
}
