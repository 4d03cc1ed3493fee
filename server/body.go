package server

import (
	"net/http"
	"time"
)

// lateBody is how long the rest of a body that nobody reads any more is waited
// for: a connection that is closed before would take the answer back.
const lateBody = time.Second

// boundBody bounds how long the body of a request may take, as its head is
// bounded at the door. net/http would wait for it after the answer too, as long as
// a request may take at all.
func (s *Server) boundBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connection := http.NewResponseController(w)
		if r.Body != http.NoBody {
			connection.SetReadDeadline(time.Now().Add(time.Duration(s.conf.Config().Limits.HeaderTimeout)))
		}
		next.ServeHTTP(w, r)
		connection.SetReadDeadline(time.Now().Add(lateBody))
	})
}
