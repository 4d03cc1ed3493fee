package icecast

import (
	"net/http"
	"net/http/pprof"

	"github.com/gorilla/mux"
)

// Profile answers /admin/debug/pprof/PROFILE, which shows the operator where time and
// memory go: "heap?gc=1", "goroutine?debug=1", "profile?seconds=10" and the other
// profiles of net/http/pprof.
func (h *Handlers) Profile(w http.ResponseWriter, r *http.Request) {
	if err := h.Gate.Admin(r); err != nil {
		h.unauthorized(w, r, err)
		return
	}
	switch name := mux.Vars(r)["profile"]; name {
	case "profile":
		pprof.Profile(w, r)
	case "trace":
		pprof.Trace(w, r)
	default:
		pprof.Handler(name).ServeHTTP(w, r)
	}
}
