package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"
)

// prefix is in front of every path.
const prefix = "/api/v1"

// access says who may do something.
type access int

const (
	anyone   access = iota
	loggedIn        // whoever has a session
	studio          // operators, and the source's login of the mount in the path
	operators
)

// An operation is one thing that can be asked of the server.
type operation struct {
	method string // GET stands for HEAD too
	path   string
	who    access
	do     func(*Handlers, *call) error
}

// operations are all there are.
var operations = []operation{
	{"GET", "/openapi.json", anyone, (*Handlers).openAPI},
	{"GET", "/status", anyone, (*Handlers).status},
	{"GET", "/events", anyone, (*Handlers).events},
	{"POST", "/session", anyone, (*Handlers).logIn},
	{"GET", "/session", loggedIn, (*Handlers).session},
	{"DELETE", "/session", loggedIn, (*Handlers).logOut},
	{"GET", "/server", operators, (*Handlers).server},
	{"GET", "/sources", operators, (*Handlers).sources},
	{"GET", "/mounts", operators, (*Handlers).mounts},
	{"GET", "/mounts/{mount}", operators, (*Handlers).mount},
	{"PUT", "/mounts/{mount}", operators, (*Handlers).putMount},
	{"PATCH", "/mounts/{mount}", operators, (*Handlers).patchMount},
	{"DELETE", "/mounts/{mount}", operators, (*Handlers).removeMount},
	{"DELETE", "/mounts/{mount}/source", operators, (*Handlers).kickSource},
	{"GET", "/mounts/{mount}/listeners", operators, (*Handlers).listeners},
	{"POST", "/mounts/{mount}/listeners/move", operators, (*Handlers).moveListeners},
	{"DELETE", "/mounts/{mount}/listeners/{id}", operators, (*Handlers).kickListener},
	{"GET", "/mounts/{mount}/titles", anyone, (*Handlers).titles},
	{"PUT", "/mounts/{mount}/title", studio, (*Handlers).setTitle},
	{"GET", "/mounts/{mount}/queue", operators, (*Handlers).queue},
	{"POST", "/mounts/{mount}/queue", operators, (*Handlers).enqueue},
	{"DELETE", "/mounts/{mount}/queue", operators, (*Handlers).clearQueue},
	{"POST", "/mounts/{mount}/skip", operators, (*Handlers).skip},
	{"PUT", "/mounts/{mount}/fallbacks", operators, (*Handlers).setFallbacks},
	{"GET", "/mounts/{mount}/recordings", operators, (*Handlers).recordings},
	{"GET", "/mounts/{mount}/recordings/{name}", operators, (*Handlers).recording},
	{"GET", "/mounts/{mount}/studio", studio, (*Handlers).studio},
	{"GET", "/reports/listening", operators, (*Handlers).listeningReport},
	{"GET", "/reports/titles", operators, (*Handlers).titlesReport},
	{"GET", "/reports/title-totals", operators, (*Handlers).titleTotalsReport},
	{"GET", "/reports/sources", operators, (*Handlers).sourcesReport},
	{"GET", "/reports/players", operators, (*Handlers).playersReport},
	{"GET", "/history/listeners", operators, (*Handlers).listenersCurve},
	{"GET", "/log", operators, (*Handlers).log},
	{"GET", "/configuration", operators, (*Handlers).configuration},
	{"POST", "/reload", operators, (*Handlers).reload},
}

// reads tells whether the operation changes nothing.
func (op operation) reads() bool { return op.method == http.MethodGet }

// methods are those of requests that ask for the operation.
func (op operation) methods() []string {
	if op.reads() {
		return []string{http.MethodGet, http.MethodHead}
	}
	return []string{op.method}
}

// Router returns what answers all requests whose path begins with /api/v1/.
func (h *Handlers) Router() http.Handler { return h.router() }

func (h *Handlers) router() *mux.Router {
	r := mux.NewRouter().UseEncodedPath().SkipClean(true)
	allowed := map[string][]string{}
	for _, op := range operations {
		r.Path(prefix + op.path).Methods(op.methods()...).Handler(h.serve(op))
		allowed[op.path] = append(allowed[op.path], op.methods()...)
	}
	for _, op := range operations { // behind all others: mux takes the first that fits
		r.Path(prefix + op.path).Handler(otherMethod(allowed[op.path]))
	}
	r.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w)
		problem(http.StatusNotFound, "there is nothing at this path").write(w, r)
	})
	return r
}

// otherMethod answers requests for a path by methods it does not have, and
// OPTIONS, which asks for those it has.
func otherMethod(methods []string) http.Handler {
	allow := strings.Join(slices.Sorted(slices.Values(append(methods, http.MethodOptions))), ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w)
		w.Header().Set("Allow", allow)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		problem(http.StatusMethodNotAllowed, "this path takes %s", allow).write(w, r)
	})
}
