package server

import (
	"net/http"

	"relay/journal"
)

// journaled writes a line of the access log for every request that is no
// stream.
func journaled(j *journal.Journal, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		counted := &countedResponse{ResponseWriter: w, status: http.StatusOK}
		visit := j.Begin(r)
		next.ServeHTTP(counted, r)
		j.End(visit, counted.status, counted.bytes)
	})
}

// countedResponse remembers what was answered.
type countedResponse struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (c *countedResponse) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *countedResponse) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the response below.
func (c *countedResponse) Unwrap() http.ResponseWriter { return c.ResponseWriter }
