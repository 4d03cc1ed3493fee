package server

import (
	"net/http"
	"sync/atomic"

	"relay/icy"
	"relay/internal/netconn"
)

// Traffic counts the connections of clients, and finds the connection of a request. The
// zero value is ready to use. Safe for concurrent use.
type Traffic struct {
	open     atomic.Int64
	accepted atomic.Int64
	requests atomic.Int64
	files    atomic.Int64
}

// Open returns the number of open connections, other than those of listeners.
func (t *Traffic) Open() int64 { return t.open.Load() }

// Accepted returns the number of connections accepted since the start.
func (t *Traffic) Accepted() int64 { return t.accepted.Load() }

// Requests returns the number of valid request heads since the start.
func (t *Traffic) Requests() int64 { return t.requests.Load() }

// Files returns the number of requests since the start that were for neither a stream
// nor a path under /admin.
func (t *Traffic) Files() int64 { return t.files.Load() }

// HangUp closes the connection of a request at once, even during a write.
func (*Traffic) HangUp(r *http.Request) {
	if conn := connOf(r); conn != nil {
		netconn.Below(conn.Conn).Close()
	}
}

// KeepOpen exempts a request from the limit on requests that are expected to end soon.
// Its handler must limit how many it answers at once, and for how long. KeepOpen frees
// the request's head except for the named fields, in r too.
func (*Traffic) KeepOpen(r *http.Request, fields ...string) {
	conn := connOf(r)
	if conn == nil {
		return
	}
	conn.counted.leave()
	kept := icy.Keep(r, fields...)
	for _, request := range []*http.Request{r, conn.asked} {
		request.Header, request.URL, request.RequestURI = kept.Header, kept.URL, kept.URL.Path
	}
}
