package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"relay/auth"
	"relay/conf"
	"relay/mounts"
)

// Server has the parts of a server that the metrics are read from. All fields must be set.
type Server struct {
	Conf     *conf.Live
	Registry *mounts.Registry
	Gate     *auth.Gate
	Traffic  Traffic
}

// Traffic counts the connections of clients.
type Traffic interface {
	Open() int64     // now, other than those of listeners
	Accepted() int64 // since the start
}

// Handler answers /metrics: the server and its mounts, the given collectors, the Go
// runtime and the process. Hidden mounts are shown only with the operator's login.
func (s *Server) Handler(others ...prometheus.Collector) http.Handler {
	handler := func(hidden bool) http.Handler {
		all := prometheus.NewRegistry()
		all.MustRegister(
			collectors.NewGoCollector(),
			collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
			&collector{s, hidden},
		)
		all.MustRegister(others...)
		return promhttp.HandlerFor(all, promhttp.HandlerOpts{})
	}
	open, operators := handler(false), handler(true)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Gate.Admin(r) == nil {
			operators.ServeHTTP(w, r)
			return
		}
		open.ServeHTTP(w, r)
	})
}
