package server

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"relay/listeners"
	"relay/web/icecast"
	"relay/web/pages"
)

// apiPrefix begins the paths at which PUT is a request to the API and not a source. No
// mount has such a name.
const apiPrefix = "/api/"

// routes returns the router for all requests that are not for a stream.
func (s *Server) routes() *mux.Router {
	h, p := s.Icecast, s.Pages
	r := mux.NewRouter().SkipClean(true)
	r.Methods(http.MethodGet, http.MethodHead).MatcherFunc(func(r *http.Request, _ *mux.RouteMatch) bool {
		return p.IsShortcut(r.URL.Path)
	}).Name("shortcuts").HandlerFunc(p.RedirectToHTTPS(p.Shortcut))
	r.PathPrefix(apiPrefix + "v1/").Handler(s.API.Router())
	r.Methods(http.MethodOptions).Name("preflight").HandlerFunc(preflight)
	for path, answer := range map[string]http.HandlerFunc{"/admin/metadata": h.Metadata, "/admin/metadata.xsl": h.Metadata, "/admin.cgi": h.AdminCGI} {
		r.HandleFunc(path, answer).Methods(http.MethodPost)
	}
	get := r.Methods(http.MethodGet, http.MethodHead).Subrouter()
	get.HandleFunc("/", p.RedirectToHTTPS(p.Public))
	get.HandleFunc("/status.xsl", p.RedirectToHTTPS(p.Public))
	get.HandleFunc("/player/{mount:.+}", p.RedirectToHTTPS(p.Player))
	get.HandleFunc("/dj/{mount:.+}", p.RedirectToHTTPS(p.DJ))
	get.PathPrefix(pages.AssetPrefix).HandlerFunc(p.Assets)
	get.HandleFunc("/favicon.ico", p.Icon)
	get.HandleFunc(healthPath, healthy)
	get.HandleFunc(readyPath, ready(&s.stopping))
	get.Handle("/metrics", s.Metrics)
	get.HandleFunc("/status-json.xsl", h.StatusJSON)
	get.HandleFunc("/server_version.xsl", h.Version)
	get.HandleFunc("/7.html", h.SevenHTML)
	get.HandleFunc("/7.xsl", h.SevenXSL)
	get.HandleFunc("/stats", h.ShoutcastStats)
	get.HandleFunc("/currentsong", h.CurrentSong)
	get.HandleFunc("/played", h.LastSongs)
	get.HandleFunc("/played.html", h.LastSongs)
	get.HandleFunc("/index.html", p.RedirectToHTTPS(p.Public))
	get.HandleFunc("/admin.html", p.RedirectToHTTPS(p.Admin)) // icecast-kh's name
	get.HandleFunc("/admin/metadata", h.Metadata)
	get.HandleFunc("/admin/metadata.xsl", h.Metadata)
	get.HandleFunc("/admin/streamlist.txt", h.StreamList)
	get.HandleFunc("/admin.cgi", h.AdminCGI)
	get.HandleFunc("/admin/", p.RedirectToHTTPS(p.Admin))
	get.HandleFunc("/admin", toAdmin)
	get.HandleFunc("/admin/debug/pprof/{profile}", h.Profile)
	for path, answer := range h.Commands() {
		get.HandleFunc(path, answer)
	}
	get.PathPrefix("/admin/").HandlerFunc(h.UnknownCommand)
	playlists := &listeners.Playlists{Registry: h.Registry, Conf: h.Conf, Gate: s.Gate}
	get.HandleFunc("/listen.pls", playlists.Listen)
	get.HandleFunc("/listen.m3u", playlists.Listen)
	get.MatcherFunc(func(r *http.Request, _ *mux.RouteMatch) bool {
		return playlists.Names(r.URL.Path)
	}).Name("playlists").Handler(playlists)
	r.NotFoundHandler = http.HandlerFunc(icecast.NotFound)
	r.MethodNotAllowedHandler = http.HandlerFunc(methodNotAllowed)
	return r
}

// preflight answers OPTIONS. Players in web pages send it before they request a stream
// with metadata, and libshout before it connects: any 2xx makes it continue in plain
// text. The answer does not allow pages of other sites to send a login.
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

// toAdmin redirects to the operator's page. The address is relative, so that it stays
// correct behind a proxy that serves relay below a folder.
func toAdmin(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", "admin/")
	w.WriteHeader(http.StatusFound)
}

func methodNotAllowed(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", "GET, HEAD, OPTIONS, PUT, SOURCE")
	http.Error(w, "This address takes GET, HEAD and OPTIONS; sources use PUT or SOURCE", http.StatusMethodNotAllowed)
}
