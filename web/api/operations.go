package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"
)

// prefix begins every path.
const prefix = "/api/v1"

// access says which callers may use an operation.
type access int

const (
	anyone   access = iota
	loggedIn        // a caller with a session
	studio          // operators, and the source's login of the mount in the path
	operators
)

// An operation is one line of the table of operations.
type operation struct {
	method string // GET stands for HEAD, too
	path   string
	who    access
	do     func(*Handlers, *call) error
	query  []string // its query parameters; any other is an error
}

// operations is the table of all operations.
var operations = []operation{
	{"GET", "/openapi.json", anyone, (*Handlers).openAPI, nil},
	{"GET", "/status", anyone, (*Handlers).status, nil},
	{"GET", "/events", anyone, (*Handlers).events, []string{"mount"}},
	{"POST", "/session", anyone, (*Handlers).logIn, nil},
	{"GET", "/session", loggedIn, (*Handlers).session, nil},
	{"DELETE", "/session", loggedIn, (*Handlers).logOut, nil},
	{"GET", "/server", operators, (*Handlers).server, nil},
	{"GET", "/sources", operators, (*Handlers).sources, nil},
	{"GET", "/mounts", operators, (*Handlers).mounts, nil},
	{"GET", "/mounts/{mount}", operators, (*Handlers).mount, nil},
	{"PUT", "/mounts/{mount}", operators, (*Handlers).putMount, nil},
	{"PATCH", "/mounts/{mount}", operators, (*Handlers).patchMount, nil},
	{"DELETE", "/mounts/{mount}", operators, (*Handlers).removeMount, nil},
	{"DELETE", "/mounts/{mount}/source", operators, (*Handlers).kickSource, nil},
	{"GET", "/mounts/{mount}/listeners", operators, (*Handlers).listeners, []string{"offset", "limit", "q"}},
	{"POST", "/mounts/{mount}/listeners/move", operators, (*Handlers).moveListeners, nil},
	{"DELETE", "/mounts/{mount}/listeners/{id}", operators, (*Handlers).kickListener, nil},
	{"GET", "/mounts/{mount}/titles", anyone, (*Handlers).titles, nil},
	{"GET", "/mounts/{mount}/cover", anyone, (*Handlers).cover, []string{"v"}},
	{"PUT", "/mounts/{mount}/title", studio, (*Handlers).setTitle, nil},
	{"GET", "/mounts/{mount}/queue", operators, (*Handlers).queue, nil},
	{"POST", "/mounts/{mount}/queue", operators, (*Handlers).enqueue, nil},
	{"DELETE", "/mounts/{mount}/queue", operators, (*Handlers).clearQueue, nil},
	{"GET", "/mounts/{mount}/unplayable", operators, (*Handlers).unplayable, nil},
	{"POST", "/mounts/{mount}/skip", operators, (*Handlers).skip, nil},
	{"PUT", "/mounts/{mount}/fallbacks", operators, (*Handlers).setFallbacks, nil},
	{"GET", "/mounts/{mount}/recordings", operators, (*Handlers).recordings, nil},
	{"GET", "/mounts/{mount}/recordings/{name}", operators, (*Handlers).recording, nil},
	{"DELETE", "/mounts/{mount}/recordings/{name}", operators, (*Handlers).removeRecording, nil},
	{"GET", "/mounts/{mount}/studio", studio, (*Handlers).studio, nil},
	{"GET", "/bans", operators, (*Handlers).bans, []string{"offset", "limit"}},
	{"POST", "/bans", operators, (*Handlers).ban, nil},
	{"DELETE", "/bans/{address}", operators, (*Handlers).unban, nil},
	{"GET", "/reports/listening", operators, (*Handlers).listeningReport, spanParameters},
	{"GET", "/reports/titles", operators, (*Handlers).titlesReport, append(spanParameters, "offset", "limit")},
	{"GET", "/reports/title-totals", operators, (*Handlers).titleTotalsReport, spanParameters},
	{"GET", "/reports/sources", operators, (*Handlers).sourcesReport, spanParameters},
	{"GET", "/reports/players", operators, (*Handlers).playersReport, spanParameters},
	{"GET", "/history/listeners", operators, (*Handlers).listenersCurve, append(spanParameters, "step")},
	{"GET", "/log", operators, (*Handlers).log, []string{"lines"}},
	{"GET", "/configuration", operators, (*Handlers).configuration, nil},
	{"POST", "/reload", operators, (*Handlers).reload, nil},
}

// reads reports whether the operation changes nothing.
func (op operation) reads() bool { return op.method == http.MethodGet }

// methods are the request methods of the operation.
func (op operation) methods() []string {
	if op.reads() {
		return []string{http.MethodGet, http.MethodHead}
	}
	return []string{op.method}
}

// Router returns the handler of all requests whose path begins with /api/v1/.
func (h *Handlers) Router() http.Handler { return h.router() }

func (h *Handlers) router() *mux.Router {
	r := mux.NewRouter().UseEncodedPath().SkipClean(true)
	allowed := map[string][]string{}
	for _, op := range operations {
		r.Path(prefix + op.path).Methods(op.methods()...).Handler(h.serve(op))
		allowed[op.path] = append(allowed[op.path], op.methods()...)
	}
	for _, op := range operations { // after all others: mux takes the first that matches
		r.Path(prefix + op.path).Handler(otherMethod(allowed[op.path]))
	}
	r.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w)
		problem(http.StatusNotFound, "there is nothing at this path").write(w, r)
	})
	return r
}

// otherMethod answers requests for a path by methods that it does not have, and
// OPTIONS with those that it has.
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
