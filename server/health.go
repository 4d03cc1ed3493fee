package server

import (
	"io"
	"net/http"
	"sync/atomic"
)

// healthy answers balancers and container engines: the program accepts and
// answers.
func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, "ok\n")
}

// ready answers whether new sources and listeners should be sent here. A server
// that is full is ready: it says so itself to those it has no room for.
func ready(stopping *atomic.Bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if stopping.Load() {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "the server is shutting down", http.StatusServiceUnavailable)
			return
		}
		healthy(w, r)
	}
}
