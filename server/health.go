package server

import (
	"io"
	"net/http"
	"sync/atomic"
)

// healthy answers load balancers and container engines: the program accepts connections
// and answers them.
func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, "ok\n")
}

// ready answers whether a load balancer should send new sources and listeners to this
// server. A full server is ready: it refuses further clients itself.
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
