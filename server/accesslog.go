package server

import (
	"net/http"

	"relay/internal/accesslog"
)

// logAccess writes a line of the access log for every request that next answers. It
// writes the line when the connection closes: the number of bytes sent is known only
// then.
func logAccess(j *accesslog.Logs, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answered := &statusResponse{ResponseWriter: w, status: http.StatusOK}
		entry := j.Begin(r)
		next.ServeHTTP(answered, r)
		if conn := connOf(r); conn != nil {
			status := answered.status
			conn.whenClosed(func(sent int64) { j.End(entry, status, sent) })
		}
	})
}

// statusResponse remembers the status of the answer.
type statusResponse struct {
	http.ResponseWriter
	status int
}

func (s *statusResponse) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap returns the ResponseWriter below, for http.ResponseController.
func (s *statusResponse) Unwrap() http.ResponseWriter { return s.ResponseWriter }
