package server

import (
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/gorilla/mux"
	"go.uber.org/zap"

	"relay/admin"
	"relay/auth"
	"relay/conf"
	"relay/listeners"
	"relay/mounts"
)

// routes is everything the server answers that is no stream.
func routes(c *conf.Config, registry *mounts.Registry, gate *auth.Gate, log *zap.Logger) http.Handler {
	h := &admin.Handlers{Conf: c, Registry: registry, Gate: gate, Log: log, Started: time.Now()}
	r := mux.NewRouter().SkipClean(true)
	r.Methods(http.MethodOptions).HandlerFunc(preflight)
	get := r.Methods(http.MethodGet, http.MethodHead).Subrouter()
	get.HandleFunc("/", h.Page)
	get.HandleFunc("/healthz", healthy)
	get.HandleFunc("/status-json.xsl", h.StatusJSON)
	get.HandleFunc("/admin/metadata", h.Metadata)
	get.HandleFunc("/admin.cgi", h.AdminCGI)
	get.HandleFunc("/admin/", h.AdminPage)
	get.HandleFunc("/admin/debug/pprof/{profile}", h.Profile)
	get.PathPrefix("/admin/").HandlerFunc(h.UnknownCommand)
	playlist := regexp.MustCompile(`^/.+\.(m3u|pls)$`)
	get.MatcherFunc(func(r *http.Request, _ *mux.RouteMatch) bool {
		return playlist.MatchString(r.URL.Path)
	}).HandlerFunc(listeners.Playlist(c.Server.BaseURL()))
	r.NotFoundHandler = http.HandlerFunc(admin.NotFound)
	r.MethodNotAllowedHandler = http.HandlerFunc(methodNotAllowed)
	return r
}

// preflight answers OPTIONS. Players in web pages ask it before they fetch a
// stream with metadata, libshout before it connects (any 2xx tells it to go
// on in plain text).
func preflight(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Allow", "GET, HEAD, OPTIONS, PUT, SOURCE")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Icy-MetaData, Range, Authorization, Content-Type")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

func methodNotAllowed(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", "GET, HEAD, OPTIONS, PUT, SOURCE")
	http.Error(w, "This address takes GET, HEAD and OPTIONS; sources use PUT or SOURCE", http.StatusMethodNotAllowed)
}

// healthy answers balancers and container engines: the program accepts and
// answers.
func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, "ok\n")
}
